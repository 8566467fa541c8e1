"""The services, queues and functions to which a command may go."""

from collections.abc import Callable
from typing import ClassVar

import pytest

from contracts import Command, Event
from topology.model import Consumer, Function, On, Service, System
from topology.routing.recipients import (
    accepting_services,
    enqueued_commands,
    invocable_commands,
    invoked_functions,
    sent_commands,
)


class Book(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Book"


class Cancel(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Cancel"


class Quote(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Quote"


class Booked(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Booked"


TASKS = Consumer("tasks", accepts=(Book, Cancel), invocable=(Cancel,))
LATER = Consumer("later", accepts_enqueued=(Quote,))
QUOTES = Function("quotes", invocable=(Quote,))
RIDES = Service(
    name="Rides",
    publishes=(Booked,),
    sends=(Cancel,),
    invokes=(Cancel,),
    consumers=(LATER, TASKS),
    functions=(QUOTES,),
)
BOATS = Service(
    name="Boats", consumers=(Consumer("bookings", accepts=(Book,), listens_to=(On(Booked),)),)
)
SHOP = Service(name="Shop", sends=(Book, Cancel), invokes=(Quote, Cancel))
SYSTEM = System(name="test", services=(SHOP, RIDES, BOATS))


@pytest.mark.parametrize(
    ("command", "expected"),
    [(Book, ["Rides", "Boats"]), (Cancel, ["Rides"]), (Quote, [])],
    ids=["by two", "by one", "only enqueued and invocable"],
)
def test_a_command_is_accepted_by_the_services_that_declare_it(
    command: type[Command], expected: list[str]
) -> None:
    assert [service.name for service in accepting_services(SYSTEM, command)] == expected


def test_a_service_with_two_consumers_of_a_command_accepts_it_once() -> None:
    consumers = tuple(Consumer(name, accepts=(Book,)) for name in ("first", "second"))
    twice = Service(name="Twice", consumers=consumers)

    assert accepting_services(System(name="test", services=(twice,)), Book) == [twice]


def test_a_service_sends_each_command_to_every_service_that_accepts_it() -> None:
    assert sent_commands(SYSTEM, SHOP) == {"Rides": [Book, Cancel], "Boats": [Book]}


def test_a_service_may_send_to_itself() -> None:
    assert sent_commands(SYSTEM, RIDES) == {"Rides": [Cancel]}


def test_an_enqueued_command_goes_to_the_consumer_that_accepts_it() -> None:
    assert enqueued_commands(RIDES) == {Quote: LATER}


def test_consumers_and_functions_are_invocable() -> None:
    assert list(invocable_commands(RIDES)) == [(Cancel, TASKS), (Quote, QUOTES)]


def test_a_service_invokes_functions_by_their_names() -> None:
    assert invoked_functions(SYSTEM, SHOP) == {"Rides": {Quote: "quotes", Cancel: "tasks"}}


def test_a_service_may_invoke_its_own_functions() -> None:
    assert invoked_functions(SYSTEM, RIDES) == {"Rides": {Cancel: "tasks"}}


@pytest.mark.parametrize("reach", [sent_commands, invoked_functions])
def test_a_service_without_commands_reaches_no_other(
    reach: Callable[[System, Service], object],
) -> None:
    assert reach(SYSTEM, BOATS) == {}
