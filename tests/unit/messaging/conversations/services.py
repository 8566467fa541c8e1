"""Three services that may all talk to each other and to themselves, on the real map."""

from functools import cache
from typing import Any, ClassVar, Final, cast

import msgspec

from contracts import Command, Event, RequestTimedOut
from messaging.settings import ConsumerSettings, Recipient, Settings
from topology.model import Consumer, On, Service, System
from topology.names import topic
from topology.routing.recipients import enqueued_commands, sent_commands

NAMES: Final = ("Alpha", "Beta", "Gamma")
# Consumers that answer published questions.
LISTENERS: Final = tuple(f"{name}.{each}" for name in NAMES for each in ("desk", "clerk"))


class Ask(Command, frozen=True, kw_only=True):
    """The question with this number."""

    msg_tag: ClassVar[str] = "Ask"

    question: int


class Note(Command, frozen=True, kw_only=True):
    """Work that nobody waits for, on the way to an answer."""

    msg_tag: ClassVar[str] = "Note"

    question: int


class Work(Command, frozen=True, kw_only=True):
    """A service's own unit of work: the rest of what `by` has to do about a question."""

    msg_tag: ClassVar[str] = "Work"

    question: int
    by: str


class Told(Event, frozen=True, kw_only=True):
    """What a service announces about a question; `by` is whose part in it this is."""

    question: int
    by: str = ""


def _told(kind: str, service: str) -> type[Told]:
    tag = f"{kind}{service}"
    made: Any = msgspec.defstruct(
        tag, [], bases=(Told,), namespace={"msg_tag": tag}, frozen=True, kw_only=True
    )
    return cast("type[Told]", made)


# By service, since an event has one publisher.
ASKED: Final = {name: _told("Asked", name) for name in NAMES}
CARRIED: Final = {name: _told("Carried", name) for name in NAMES}
NEWS: Final = {name: _told("News", name) for name in NAMES}
ANSWERED: Final = {name: _told("Answered", name) for name in NAMES}


def _service(name: str) -> Service:
    asked = tuple(On(each) for each in ASKED.values())
    return Service(
        name=name,
        publishes=(ASKED[name], CARRIED[name], NEWS[name], ANSWERED[name]),
        sends=(Ask, Note),
        consumers=(
            Consumer(
                "desk",
                accepts=(Ask, Note),
                listens_to=(*asked, On(CARRIED[name]), *map(On, NEWS.values())),
                accepts_enqueued=(Work, RequestTimedOut),
            ),
            Consumer("clerk", listens_to=asked),
            Consumer("replies", replies_from=tuple(On(each) for each in ANSWERED.values())),
        ),
    )


SYSTEM: Final = System(name="talks", services=tuple(map(_service, NAMES)))


def service_of(place: str) -> str:
    """Return the service of "Alpha.desk"."""
    return place.partition(".")[0]


def topic_of(service: str, kind: Any) -> str:
    """Return the ARN of a topic."""
    return f"arn:aws:sns:eu-central-1:123456789012:{topic('test', service, kind, fifo=False)}"


@cache
def environment(place: str) -> dict[str, str]:
    """Return the environment of a consumer's function."""
    service = next(each for each in SYSTEM.services if each.name == service_of(place))
    consumer = next(each for each in service.consumers if each.name == place.partition(".")[2])
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
            name=place.partition(".")[2],
            queue_url=place,
            dead_letter_queue_url=f"{place} dead letters",
            hop_limit=1_000,
            replies=tuple(on.message.msg_tag for on in consumer.replies_from),
        ),
    )
    return config.to_environment()
