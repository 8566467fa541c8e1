"""Messages and systems that the tests of the rules share."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, defstruct, field

from contracts import Command, Event
from topology.checks import problems
from topology.model import Service, System

# A system with one problem, then its element, a part of its text and a part of its fix.
Broken = tuple[System, str, str, str]


class Booked(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Booked"
    attributes: ClassVar[tuple[str, ...]] = ("fare", "from", "vip", "stops", "class")
    fare: Annotated[float, Meta(ge=0)] | None
    from_: str = field(name="from")
    vip: bool
    stops: tuple[str, ...]
    class_: Literal["first", "second"] = field(name="class")


class Boooked(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Boooked"


class Book(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Book"


class Move(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Move"
    group: ClassVar[str | None] = "item"
    item: str


def event(
    name: str,
    tag: Any = "Other",
    attributes: tuple[str, ...] = (),
    group: str | None = None,
    **fields: Any,
) -> Any:
    namespace = {"msg_tag": tag, "attributes": attributes, "group": group}
    return defstruct(
        name, list(fields.items()), bases=(Event,), namespace=namespace, kw_only=True, frozen=True
    )


def system(*services: Service) -> System:
    return System(name="test", services=services)


def assert_only_problem(broken: System, element: str, text: str, fix: str) -> None:
    """Assert that a system has one problem, with its element and these parts of text and fix."""
    (problem,) = problems(broken)

    assert problem.element == element
    assert text in problem.text
    assert fix in problem.fix
