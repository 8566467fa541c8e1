"""A string that was asked for, and what must become of it."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from contracts import RequestTimedOut
from contracts.generator import ConfirmString, GenerateString, StringGenerated


class Leg(NamedTuple):
    """A message that a service must have handled once, and what its log says of it then."""

    service: str
    tag: str
    event: str = "processed"


ASKED: Final = Leg("Generator", GenerateString.msg_tag)
CALLED: Final = Leg("Generator", GenerateString.msg_tag, "invocation succeeded")
ANSWERED: Final = Leg("Requestor", StringGenerated.msg_tag)
CONFIRMED: Final = Leg("Generator", ConfirmString.msg_tag)
TIMED_OUT: Final = Leg("Requestor", RequestTimedOut.msg_tag)

THREE_LEGS: Final = (ASKED, ANSWERED, CONFIRMED)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A string that was asked for at `sent` (epoch seconds).

    Its conversation must have these `legs` and no other, its request so many `attempts`; in the end
    Requestor must have it as `ending`.
    """

    title: str
    id: str
    correlation_id: str
    sent: float
    length: int
    legs: tuple[Leg, ...] = THREE_LEGS
    attempts: int = 1
    ending: Literal["stored", "late"] = "stored"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A part of the demo: what was asked for in it, how many messages waited for the side that was
    stopped, what else is worth telling, and what was not as it must be.
    """

    title: str
    asked: tuple[Asked, ...]
    waited: int | None = None
    told: str = ""
    wrong: tuple[str, ...] = ()
