"""What stays the same for all records of one invocation."""

from datetime import datetime

from msgspec import Struct

from messaging.deadline import Deadline
from messaging.function.handlers import Routes
from messaging.settings import ConsumerSettings, Settings

Permanent = tuple[type[Exception], ...]


class Invocation(Struct, frozen=True, kw_only=True):
    """One run of a function: its settings, its routes, its time. `now` is when it began."""

    config: Settings
    consumer: ConsumerSettings
    routes: Routes
    permanent: Permanent
    request_id: str
    deadline: Deadline
    now: datetime
