"""What is the same for all records of one invocation."""

from datetime import datetime

from msgspec import Struct

from messaging.deadline import Deadline
from messaging.function.handlers import Handlers
from messaging.settings import ConsumerSettings, Settings

NonRetryable = tuple[type[Exception], ...]


class Invocation(Struct, frozen=True, kw_only=True):
    """One run of a function: its settings, its handlers, its time. `now` is when the run began."""

    config: Settings
    consumer: ConsumerSettings
    handlers: Handlers
    non_retryable: NonRetryable
    request_id: str
    deadline: Deadline
    now: datetime
