"""What stays the same for all records of one invocation."""

from datetime import datetime

from msgspec import Struct

from messaging.deadline import Deadline
from messaging.function.handlers import Handlers
from messaging.settings import ConsumerSettings, Settings

NonRetryable = tuple[type[Exception], ...]


class Invocation(Struct, frozen=True, kw_only=True):
    """One run of a function: its settings, its routes, its time. `now` is when it began."""

    config: Settings
    consumer: ConsumerSettings
    routes: Handlers
    non_retryable: NonRetryable
    request_id: str
    deadline: Deadline
    now: datetime
