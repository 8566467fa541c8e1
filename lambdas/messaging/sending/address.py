"""Where a message goes: the topology declares the addresses, any other one raises NotDeclared."""

from typing import Final, Literal

from msgspec import Struct

from contracts.message import Command, Event
from messaging.errors import NotDeclared
from messaging.limits import MAX_INVOCATION_BYTES, MAX_QUEUE_BYTES, MAX_TOPIC_BYTES
from messaging.settings import Settings

# Bytes of one message.
LIMITS: Final[dict[str, int]] = {
    "topic": MAX_TOPIC_BYTES,
    "queue": MAX_QUEUE_BYTES,
    "function": MAX_INVOCATION_BYTES,
}


class Address(Struct, frozen=True):
    """A topic or a function by its ARN, or a queue by its URL."""

    kind: Literal["topic", "queue", "function"]
    where: str

    @property
    def fifo(self) -> bool:
        """Whether it is a FIFO topic or queue."""
        return self.where.endswith(".fifo")

    @property
    def limit(self) -> int:
        """The maximum size of a message there, in bytes."""
        return LIMITS[self.kind]


def msg_out(event: Event, config: Settings) -> Address:
    """Return the MsgOut on which the service publishes an event; raises NotDeclared."""
    if event.msg_tag not in config.publishes:
        raise NotDeclared(
            f"{config.service} does not publish {event.msg_tag}: "
            f"add it to `publishes` of {config.service} in the topology" + _own("`publishes`")
        )
    return Address("topic", config.msg_out_arn)


def msg_in(command: Command, to: str, config: Settings) -> Address:
    """Return the MsgIn of a service that accepts a command; raises NotDeclared."""
    recipient = config.sends.get(to)
    if recipient is None or command.msg_tag not in recipient.accepts:
        raise NotDeclared(
            f"{config.service} does not send {command.msg_tag} to {to}: add it to `sends` of "
            f"{config.service} and to `accepts` of a consumer of {to} in the topology"
            + _own("`sends` and `recipients`")
        )
    return Address("topic", recipient.msg_in_arn)


def own_queue(command: type[Command], config: Settings) -> Address:
    """Return the queue of the service's own consumer that accepts a command; raises NotDeclared."""
    if command.msg_tag not in config.queues:
        raise NotDeclared(
            f"{config.service} has no queue for {command.msg_tag} that this function may use: "
            "add it to `accepts_enqueued` of a consumer in the topology" + _own("`enqueues`")
        )
    return Address("queue", config.queues[command.msg_tag])


def function(command: Command, of: str, config: Settings) -> Address:
    """Return the function of another service that accepts a command; raises NotDeclared."""
    arn = config.invokes.get(of, {}).get(command.msg_tag)
    if arn is None:
        raise NotDeclared(
            f"{config.service} does not invoke {of} with {command.msg_tag}: add it to `invokes` of "
            f"{config.service} and to `invocable` of a function or consumer of {of} in "
            "the topology" + _own("`invokes` and `recipients`")
        )
    return Address("function", arn)


def _own(fields: str) -> str:
    """Return the second place to declare a message: a function may name its part of its service's
    declarations.
    """
    return f", and to {fields} of this function if it has its own"
