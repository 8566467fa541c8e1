"""What is known of messages and of invocations, as values."""

from dataclasses import dataclass, field
from typing import Final

NATIVE: Final = "maxReceiveCount"


@dataclass
class Invocation:
    """One invocation: the messages it was given, whether it ended, and what it could not note."""

    pid: int
    at: float
    ids: list[str]
    ended: bool = False
    not_noted: int = 0


@dataclass(frozen=True)
class Line:
    """A line of the runtime about one message."""

    event: str
    request: str
    attempt: int
    error: str | None


@dataclass(frozen=True)
class Letter:
    """A dead letter; its cause is NATIVE where SQS moved it."""

    cause: str
    attempts: int
    reason: str


@dataclass
class Message:
    """All that is known of one message; `runs` are the invocations in which it had its effect."""

    effects: int = 0
    runs: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    touched_by: list[str] = field(default_factory=list)


@dataclass
class Evidence:
    """Everything, by message id and by request id."""

    messages: dict[str, Message]
    invocations: dict[str, Invocation]
    timeouts: int
