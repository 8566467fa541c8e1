"""Three services that may all send to each other and to themselves, on a real topology."""

from functools import cache
from typing import Any, ClassVar, Final, cast

import msgspec

from contracts import Command, Event, RequestTimedOut
from messaging.settings import ConsumerSettings, Recipient, Settings
from topology.model import Consumer, On, Service, System
from topology.names import topic
from topology.routing.recipients import enqueued_commands, sent_commands

NAMES: Final = ("Alpha", "Beta", "Gamma")
# Consumers that reply to published requests.
LISTENERS: Final = tuple(f"{name}.{each}" for name in NAMES for each in ("desk", "clerk"))


class Inquiry(Command, frozen=True, kw_only=True):
    """A request with this number in the plan."""

    msg_tag: ClassVar[str] = "Inquiry"

    number: int


class Note(Command, frozen=True, kw_only=True):
    """A command for which no reply is expected."""

    msg_tag: ClassVar[str] = "Note"

    number: int


class Task(Command, frozen=True, kw_only=True):
    """A service's own command: the rest of the part of `by` in a request."""

    msg_tag: ClassVar[str] = "Task"

    number: int
    by: str


class Notice(Event, frozen=True, kw_only=True):
    """An event about a request; `by` is the consumer whose part it is."""

    number: int
    by: str = ""


def _event(kind: str, service: str) -> type[Notice]:
    tag = f"{kind}{service}"
    made: Any = msgspec.defstruct(
        tag, [], bases=(Notice,), namespace={"msg_tag": tag}, frozen=True, kw_only=True
    )
    return cast("type[Notice]", made)


# By service, since an event has one publisher.
INQUIRIES: Final = {name: _event("Inquiry", name) for name in NAMES}
CONTINUED: Final = {name: _event("Continued", name) for name in NAMES}
NEWS: Final = {name: _event("News", name) for name in NAMES}
REPLIES: Final = {name: _event("Reply", name) for name in NAMES}


def _service(name: str) -> Service:
    requests = tuple(On(each) for each in INQUIRIES.values())
    return Service(
        name=name,
        publishes=(INQUIRIES[name], CONTINUED[name], NEWS[name], REPLIES[name]),
        sends=(Inquiry, Note),
        consumers=(
            Consumer(
                "desk",
                accepts=(Inquiry, Note),
                listens_to=(*requests, On(CONTINUED[name]), *map(On, NEWS.values())),
                accepts_enqueued=(Task, RequestTimedOut),
            ),
            Consumer("clerk", listens_to=requests),
            Consumer("replies", replies_from=tuple(On(each) for each in REPLIES.values())),
        ),
    )


SYSTEM: Final = System(name="conversations", services=tuple(map(_service, NAMES)))


def service_of(address: str) -> str:
    """Return the service of "Alpha.desk"."""
    return address.partition(".")[0]


def topic_of(service: str, kind: Any) -> str:
    """Return the ARN of a topic."""
    return f"arn:aws:sns:eu-central-1:123456789012:{topic('test', service, kind, fifo=False)}"


@cache
def environment(address: str) -> dict[str, str]:
    """Return the environment of a consumer's function."""
    service = next(each for each in SYSTEM.services if each.name == service_of(address))
    consumer = next(each for each in service.consumers if each.name == address.partition(".")[2])
    config = Settings(
        stage="test",
        service=service.name,
        msg_out_arn=topic_of(service.name, "MsgOut"),
        publishes=tuple(event.msg_tag for event in service.publishes),
        sends={
            name: Recipient(
                msg_in_arn=topic_of(name, "MsgIn"),
                accepts=tuple(command.msg_tag for command in commands),
            )
            for name, commands in sent_commands(SYSTEM, service).items()
        },
        queues={
            command.msg_tag: f"{service.name}.{consumer.name}"
            for command, consumer in enqueued_commands(service).items()
        },
        requests_table="requests",
        consumer=ConsumerSettings(
            name=address.partition(".")[2],
            queue_url=address,
            dead_letter_queue_url=f"{address} dead letters",
            hop_limit=1_000,
            replies=tuple(on.message.msg_tag for on in consumer.replies_from),
        ),
    )
    return config.to_environment()
