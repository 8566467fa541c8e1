"""The words of the map. A service is a value: readable on one page, checked by the type checker."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from contracts import Command, Event, Message
from messaging.policy import DEDUPLICATION_WINDOW, DEFAULT_GUARANTEE, Guarantee, RetryPolicy
from messaging.settings import HOP_LIMIT
from topology.filters import Condition

__all__ = [
    "Api",
    "Authorizer",
    "Consumer",
    "Cors",
    "Function",
    "Guarantee",
    "On",
    "RetryPolicy",
    "Service",
    "System",
    "Table",
    "Where",
]

# Attribute name -> what its value must satisfy; a tuple means any of them.
Where = Mapping[str, Condition | tuple[Condition, ...]]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class On:
    """Interest in an event: the map finds its publisher. `where` filters on the attributes the
    event declares.
    """

    message: type[Event]
    _: KW_ONLY
    where: Where = field(default_factory=dict)


@dataclass(frozen=True)
class Consumer:
    """One queue, its dead-letter queue and the function `lambdas/<service>/handler.py` names like
    the consumer.

    What reaches it: commands that it `accepts` through its service's MsgIn, events that it
    `listens_to`, answers to its service's own requests, `replies_from` the services asked, and
    units of work that it `takes` straight from functions of its service. Its function also
    `answers` the commands named there when it is invoked directly.

    `timeout` (seconds) and `memory` (MiB) are the function's. `handler_timeout` (seconds) bounds
    one message; by default a message may take what is left of the invocation. `hop_limit` ends a
    conversation that runs in circles. `concurrency` handlers of a batch run at the same time, each
    in a thread. A `fifo` consumer keeps the order within a message group, which a message that is
    to be tried again holds up. `guarantee` says what
    happens to a message that comes twice, `deduplication_window` (seconds) for how long a handled
    message is remembered.
    """

    name: str
    _: KW_ONLY
    accepts: tuple[type[Command], ...] = ()
    listens_to: tuple[On, ...] = ()
    replies_from: tuple[On, ...] = ()
    accepts_enqueued: tuple[type[Command], ...] = ()
    invocable: tuple[type[Command], ...] = ()
    retry: RetryPolicy = RetryPolicy()
    batch_size: int = 10
    batching_window: int = 0
    max_concurrency: int = 10
    timeout: int = 30
    memory: int = 256
    handler_timeout: float | None = None
    hop_limit: int = HOP_LIMIT
    on_requeue_failure: Literal["report", "raise"] = "report"
    fifo: bool = False
    concurrency: int = 1
    guarantee: Guarantee = DEFAULT_GUARANTEE
    deduplication_window: int = DEDUPLICATION_WINDOW

    @property
    def idempotent(self) -> bool:
        """Whether a message that was handled is remembered."""
        return self.guarantee != DEFAULT_GUARANTEE

    @property
    def subscribed(self) -> tuple[On, ...]:
        """Every event that comes from a MsgOut, whoever it is for."""
        return (*self.listens_to, *self.replies_from)

    @property
    def from_queue(self) -> tuple[type[Message], ...]:
        """Every message class that comes through the queue, in the order declared."""
        return (*self.accepts, *(on.message for on in self.subscribed), *self.accepts_enqueued)

    @property
    def messages(self) -> tuple[type[Message], ...]:
        """Every message class this consumer handles, each once."""
        only_direct = [command for command in self.invocable if command not in self.from_queue]
        return (*self.from_queue, *only_direct)


@dataclass(frozen=True)
class Function:
    """A function without a queue, which others invoke directly; `lambdas/<service>/handler.py`
    names it like this. `timeout` in seconds, `memory` in MiB.
    """

    name: str
    _: KW_ONLY
    invocable: tuple[type[Command], ...]
    timeout: int = 10
    memory: int = 256


@dataclass(frozen=True)
class Cors:
    """Which web pages, by origin, may call an API from a browser. `max_age` in seconds."""

    origins: tuple[str, ...]
    _: KW_ONLY
    headers: tuple[str, ...] = (
        "authorization",
        "content-type",
        "idempotency-key",
        "x-correlation-id",
    )
    max_age: int = 3_600


@dataclass(frozen=True)
class Authorizer:
    """Guards `routes` of an API: `authorizer` in `lambdas/<service>/handler.py` is asked first.

    API Gateway remembers an answer per bearer token and route for `cache` seconds.
    """

    routes: tuple[str, ...]
    _: KW_ONLY
    cache: int = 300
    timeout: int = 5
    memory: int = 256


@dataclass(frozen=True)
class Api:
    """An HTTP API in front of the service; its function is `api` in `lambdas/<service>/handler.py`.

    `routes` are written as HTTP APIs name them, e.g. "POST /submit-ride-completion". Those in
    `calls` go straight to the function of the service that answers the command, which is the
    request's body.
    """

    routes: tuple[str, ...]
    _: KW_ONLY
    commands: Mapping[str, type[Command]] = field(default_factory=dict)
    cors: Cors | None = None
    authorizer: Authorizer | None = None
    timeout: int = 10
    memory: int = 256


@dataclass(frozen=True)
class Table:
    """A DynamoDB table of the service, found by its short name in the settings. `key` is a String
    partition key.
    """

    name: str
    _: KW_ONLY
    key: str = "id"


@dataclass(frozen=True, kw_only=True)
class Service:
    """Owns a MsgIn and a MsgOut topic. What it accepts is what its consumers accept.

    It `publishes` events, `sends` commands to the services that accept them, and `invokes` the
    functions that answer others.

    Topics of a `fifo` service keep order within a message group. With `claim_check`, bodies that
    are too large for SNS (262,144 bytes with attributes) travel through a bucket of the service.
    `environment` holds plain, public variables for its functions; secrets do not belong in it.
    """

    name: str
    publishes: tuple[type[Event], ...] = ()
    sends: tuple[type[Command], ...] = ()
    invokes: tuple[type[Command], ...] = ()
    consumers: tuple[Consumer, ...] = ()
    functions: tuple[Function, ...] = ()
    api: Api | None = None
    tables: tuple[Table, ...] = ()
    fifo: bool = False
    claim_check: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class System:
    """The services that are deployed together."""

    name: str
    services: tuple[Service, ...]
