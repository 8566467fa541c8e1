"""The words of the map. A service is a value: readable on one page, checked by the type checker."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from contracts import Command, Event, Message
from messaging.policy import Idempotency, RetryPolicy
from topology.filters import Condition

__all__ = [
    "Api",
    "Consumer",
    "Idempotency",
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

    `timeout` (seconds) and `memory` (MiB) are the function's. `handler_timeout` (seconds) bounds
    one message; by default a message may take what is left of the invocation. `hop_limit` ends a
    conversation that runs in circles. `concurrency` handlers of a batch run at the same time, each
    in a thread. A `fifo` consumer keeps the order within a message group, which a message that is
    to be tried again holds up. `idempotency` handles a message that comes twice once.
    """

    name: str
    _: KW_ONLY
    accepts: tuple[type[Command], ...] = ()
    listens_to: tuple[On, ...] = ()
    retry: RetryPolicy = RetryPolicy()
    batch_size: int = 10
    batching_window: int = 0
    max_concurrency: int = 10
    timeout: int = 30
    memory: int = 256
    handler_timeout: float | None = None
    hop_limit: int = 16
    on_requeue_failure: Literal["report", "raise"] = "report"
    fifo: bool = False
    concurrency: int = 1
    idempotency: Idempotency | None = None

    @property
    def messages(self) -> tuple[type[Message], ...]:
        """Every message class this consumer takes, in the order declared."""
        return (*self.accepts, *(on.message for on in self.listens_to))


@dataclass(frozen=True)
class Api:
    """An HTTP API in front of the service; its function is `api` in `lambdas/<service>/handler.py`.

    `routes` are written as HTTP APIs name them, e.g. "POST /submit-ride-completion".
    """

    routes: tuple[str, ...]
    _: KW_ONLY
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

    Topics of a `fifo` service keep order within a message group. With `claim_check`, bodies that
    are too large for SNS (262,144 bytes with attributes) travel through a bucket of the service.
    `environment` holds plain, public variables for its functions; secrets do not belong in it.
    """

    name: str
    publishes: tuple[type[Event], ...] = ()
    consumers: tuple[Consumer, ...] = ()
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
