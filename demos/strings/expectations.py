"""The strings that the demo requests, and what must become of each."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from contracts import RequestTimedOut
from contracts.generator import ConfirmString, GenerateString, StringGenerated


class Outcome(NamedTuple):
    """What a service did with a message: the log `event` of its consumer about the msgTag."""

    service: str
    tag: str
    event: str = "processed"


REQUESTED: Final = Outcome("Generator", GenerateString.msg_tag)
INVOKED: Final = Outcome("Generator", GenerateString.msg_tag, "invocation succeeded")
REPLIED: Final = Outcome("Requestor", StringGenerated.msg_tag)
CONFIRMED: Final = Outcome("Generator", ConfirmString.msg_tag)
TIMED_OUT: Final = Outcome("Requestor", RequestTimedOut.msg_tag)

CONVERSATION: Final = (REQUESTED, REPLIED, CONFIRMED)


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A string requested at `sent` (epoch seconds), and what must become of it.

    Its conversation must have each of these `outcomes` once and no other, GenerateString must take
    so many `attempts`, and Requestor's status of the string must be `ending`.
    """

    title: str
    id: str
    correlation_id: str
    sent: float
    length: int
    outcomes: tuple[Outcome, ...] = CONVERSATION
    attempts: int = 1
    ending: Literal["stored", "late"] = "stored"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A part of the demo and the strings requested in it.

    `waited` is the number of messages in the queue of the stopped consumer, `note` a sentence for
    people, `wrong` a list of what went wrong.
    """

    title: str
    strings: tuple[Expectation, ...]
    waited: int | None = None
    note: str = ""
    wrong: tuple[str, ...] = ()
