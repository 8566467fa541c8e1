"""The vocabulary of a topology: frozen values, checked by the type checker."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from contracts import Command, Event, Message
from messaging.policy import DEDUPLICATION_WINDOW, DEFAULT_GUARANTEE, Guarantee, RetryPolicy
from messaging.settings import HOP_LIMIT
from topology.filters.conditions import Where
from topology.uses import Uses

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

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class On:
    """A subscription to an event, whose publisher follows from the system.

    `where` filters on the attributes that the event declares.
    """

    message: type[Event]
    _: KW_ONLY
    where: Where = field(default_factory=dict)


@dataclass(frozen=True)
class Consumer(Uses):
    """A queue, its dead-letter queue and a function: the `Consumer` of the same name in
    `lambdas/<service>/handler.py`.

    Four kinds of messages reach the queue: commands that it `accepts` through the service's MsgIn,
    events that it `listens_to`, replies to the service's own requests (`replies_from`), and
    commands that functions of the service put there directly (`accepts_enqueued`). The function is
    also `invocable` with commands, without the queue.

    `timeout` (seconds) and `memory` (MiB) are the function's. `handler_timeout` (seconds) limits
    the handling of one message; the default is the time left in the invocation. `hop_limit` ends a
    conversation that runs in circles. `concurrency` is the number of threads that handle a batch.
    A `fifo` consumer keeps the order within a message group; a message that waits for a retry holds
    up its group. `guarantee` covers messages that arrive twice, `deduplication_window` (seconds)
    is how long a handled message is remembered. With `payload_check` a message that has the
    identity of another and a different body is dead-lettered, not skipped as a copy.
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
    payload_check: bool = False

    @property
    def idempotent(self) -> bool:
        """Whether handled messages are remembered."""
        return self.guarantee != DEFAULT_GUARANTEE

    @property
    def subscribed(self) -> tuple[On, ...]:
        """Every event that comes from a MsgOut: announcements and replies."""
        return (*self.listens_to, *self.replies_from)

    @property
    def from_queue(self) -> tuple[type[Message], ...]:
        """Every message class that comes through the queue, in the order declared."""
        return (*self.accepts, *(on.message for on in self.subscribed), *self.accepts_enqueued)

    @property
    def messages(self) -> tuple[type[Message], ...]:
        """Every message class that the consumer handles, each once."""
        only_direct = [command for command in self.invocable if command not in self.from_queue]
        return (*self.from_queue, *only_direct)


@dataclass(frozen=True)
class Function(Uses):
    """A function without a queue, invoked directly: the `Function` of the same name in
    `lambdas/<service>/handler.py`. `timeout` in seconds, `memory` in MiB.
    """

    name: str
    _: KW_ONLY
    invocable: tuple[type[Command], ...]
    timeout: int = 10
    memory: int = 256


@dataclass(frozen=True)
class Cors:
    """The origins whose web pages may call an API from a browser. `max_age` in seconds."""

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
class Authorizer(Uses):
    """Guards `routes` of an API: API Gateway calls `authorizer` in `lambdas/<service>/handler.py`
    first.

    API Gateway caches a decision per bearer token and route for `cache` seconds. Unless it says
    otherwise, an authorizer only invokes.
    """

    routes: tuple[str, ...]
    _: KW_ONLY
    publishes: tuple[type[Event], ...] | None = ()
    sends: tuple[type[Command], ...] | None = ()
    enqueues: tuple[type[Command], ...] | None = ()
    cache: int = 300
    timeout: int = 5
    memory: int = 256


@dataclass(frozen=True)
class Api(Uses):
    """An HTTP API in front of the service; its function is `api` in `lambdas/<service>/handler.py`.

    `routes` are written as HTTP APIs name them, e.g. "POST /submit-ride-completion". A route in
    `commands` goes directly to the function of the service that is `invocable` with its command;
    the request's body is the command.
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
    """A DynamoDB table of the service; handlers find it by its short name, if their function
    `reads` or `writes` it. `key` is the partition key, a String.
    """

    name: str
    _: KW_ONLY
    key: str = "id"


@dataclass(frozen=True, kw_only=True)
class Service:
    """The owner of a MsgIn and a MsgOut topic; it accepts what its consumers accept.

    A service `publishes` events, `sends` commands to the services that accept them, and `invokes`
    functions with commands. Each of its functions may do all of this, or the part that it names.

    Topics of a `fifo` service keep order within a message group. With `claim_check`, bodies that
    are too large for SNS (262,144 bytes with attributes) travel through a bucket of the service.
    `environment` holds plain, public variables for its functions, not secrets.
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
