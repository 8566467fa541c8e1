"""What a function uses is a part of its service; every rule on it finds a system that breaks it."""

from typing import Any

import pytest

from contracts import RequestTimedOut
from tests.unit.topology.builders import (
    Book,
    Booked,
    Broken,
    Move,
    assert_only_problem,
    event,
    system,
)
from topology.checks import problems
from topology.model import Api, Authorizer, Consumer, Function, Service, System, Table
from topology.routing.parts import (
    begins_requests,
    ends_requests,
    enqueued_by,
    functions,
    narrowed,
)

MOVED = event("Moved", "Moved")


def using(*tables: str, **uses: Any) -> System:
    """Return a system in which Rides.tasks uses tables of Rides, "rides" unless named."""
    tasks = Consumer("tasks", accepts=(Book,), **uses)
    made = tuple(Table(name) for name in tables or ("rides",))
    return system(Service(name="Rides", consumers=(tasks,), tables=made))


def talking(**uses: Any) -> System:
    """Return a system in which Rides publishes Booked, sends, invokes and enqueues Book."""
    tasks = Consumer("tasks", accepts=(Book,), accepts_enqueued=(Move,), **uses)
    quotes = Function("quotes", invocable=(Book,))
    return system(
        Service(
            name="Rides",
            publishes=(Booked,),
            sends=(Book,),
            invokes=(Book,),
            consumers=(tasks,),
            functions=(quotes,),
        )
    )


# What is wrong: the system, then element, text and fix of its one problem.
BROKEN: dict[str, Broken] = {
    "a table of no service": (
        using(reads={"rides": ("GetItem",), "ride": ("GetItem",)}),
        "Rides.tasks",
        "it reads ride, which is no table of its service",
        "add it to `tables` of Rides, or name rides",
    ),
    "a table that is only written, under a wrong name": (
        using(reads={"rides": ("GetItem",)}, writes={"points": ("PutItem",)}),
        "Rides.tasks",
        "it writes points",
        "or name rides",
    ),
    "no action": (
        using(reads={"rides": ("GetItem",)}, writes={"rides": ()}),
        "Rides.tasks",
        "it writes rides with no action",
        "remove the entry",
    ),
    "an action twice": (
        using(reads={"rides": ("GetItem", "Query", "GetItem")}),
        "Rides.tasks",
        "it reads rides with GetItem twice",
        "name it once",
    ),
    "an action that is unknown": (
        using(reads={"rides": ("Get",)}),
        "Rides.tasks",
        "'Get' in `reads` of rides is no action that reads items",
        "GetItem, BatchGetItem, Query, Scan, ConditionCheckItem",
    ),
    "a write among the reads": (
        using(reads={"rides": ("PutItem",)}),
        "Rides.tasks",
        "'PutItem' in `reads`",
        "GetItem",
    ),
    "a transaction, which is no action": (
        using(writes={"rides": ("TransactWriteItems",)}),
        "Rides.tasks",
        "'TransactWriteItems' in `writes`",
        "PutItem, UpdateItem, DeleteItem, BatchWriteItem",
    ),
    "a table that no function uses": (
        using("rides", "points", writes={"rides": ("PutItem",)}),
        "Rides",
        "no function uses its table points",
        "`reads` or `writes` of a function",
    ),
    "a table of an API that has no function": (
        system(
            Service(
                name="Rides",
                api=Api((), commands={"POST /book": Book}, reads={"rides": ("GetItem",)}),
                functions=(Function("book", invocable=(Book,)),),
                tables=(Table("rides"),),
            )
        ),
        "Rides",
        "no function uses its table rides",
        "remove it",
    ),
    "an event of another service": (
        talking(publishes=(Booked, MOVED)),
        "Rides.tasks",
        "it publishes Moved, which its service does not declare",
        "add it to `publishes` of Rides, or remove it here",
    ),
    "an event twice": (
        talking(publishes=(Booked, Booked)),
        "Rides.tasks",
        "it publishes Booked more than once",
        "name it once",
    ),
    "a command that its service does not send": (
        talking(sends=(Move,)),
        "Rides.tasks",
        "it sends Move",
        "`sends` of Rides",
    ),
    "a command with which its service does not invoke": (
        talking(invokes=(Move,)),
        "Rides.tasks",
        "it invokes Move",
        "`invokes` of Rides",
    ),
    "a command that no consumer of its service accepts enqueued": (
        talking(enqueues=(Book,)),
        "Rides.tasks",
        "it enqueues Book",
        "`accepts_enqueued` of a consumer of Rides",
    ),
    "a request with a time limit in a service without time limits": (
        talking(enqueues=(RequestTimedOut,)),
        "Rides.tasks",
        "it enqueues RequestTimedOut",
        "`accepts_enqueued` of a consumer of Rides",
    ),
    "a recipient that takes no command": (
        talking(recipients=("Rides", "Boats")),
        "Rides.tasks",
        "Boats in `recipients` takes no command",
        "name one that does: Rides",
    ),
    "a recipient of nothing": (
        talking(sends=(), invokes=(), recipients=("Rides",)),
        "Rides.tasks",
        "Rides in `recipients` takes no command",
        "name one that does: none",
    ),
    "a recipient twice": (
        talking(recipients=("Rides", "Rides")),
        "Rides.tasks",
        "the recipient Rides more than once",
        "name it once",
    ),
    "an authorizer that publishes": (
        system(
            Service(
                name="Rides",
                api=Api(
                    ("GET /rides",), authorizer=Authorizer(("GET /rides",), publishes=(Booked,))
                ),
            )
        ),
        "Rides.authorizer",
        "it publishes Booked",
        "`publishes` of Rides",
    ),
}


@pytest.mark.parametrize(("broken", "element", "text", "fix"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_names_element_and_fix(
    broken: System, element: str, text: str, fix: str
) -> None:
    assert_only_problem(broken, element, text, fix)


@pytest.mark.parametrize(
    "good",
    [
        using(reads={"rides": ("GetItem", "Query")}, writes={"rides": ("PutItem",)}),
        using("rides", "points", reads={"rides": ("Scan",)}, writes={"points": ("DeleteItem",)}),
        talking(),
        talking(publishes=(), sends=(), invokes=(), enqueues=()),
        talking(publishes=(Booked,), sends=(Book,), invokes=(Book,), enqueues=(Move,)),
        talking(recipients=("Rides",)),
        talking(recipients=()),
    ],
)
def test_a_part_of_the_service_is_no_problem(good: System) -> None:
    assert problems(good) == []


REPLIES = Consumer("replies", accepts_enqueued=(RequestTimedOut,), guarantee="lease", enqueues=())
PLAIN = Consumer("plain", accepts=(Book,), accepts_enqueued=(Move,), sends=())
API = Api(("GET /rides",), authorizer=Authorizer(("GET /rides",)), publishes=())
RIDES = Service(
    name="Rides",
    publishes=(Booked,),
    sends=(Book,),
    invokes=(Book,),
    consumers=(REPLIES, PLAIN),
    functions=(Function("quotes", invocable=(Book,)),),
    api=API,
)


def test_functions_have_the_names_of_their_handlers() -> None:
    found = [name for name, _ in functions(RIDES)]
    assert found == ["replies", "plain", "quotes", "api", "authorizer"]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (REPLIES, ((Booked,), (Book,), (Book,))),
        (PLAIN, ((Booked,), (), (Book,))),
        (API, ((), (Book,), (Book,))),
        (API.authorizer, ((), (), (Book,))),
    ],
)
def test_a_function_has_all_of_its_service_or_its_part(function: Any, expected: Any) -> None:
    found = narrowed(RIDES, function)
    assert (found.publishes, found.sends, found.invokes) == expected


@pytest.mark.parametrize(
    ("function", "enqueues", "begins", "ends"),
    [
        (REPLIES, {}, False, True),
        (PLAIN, {RequestTimedOut: REPLIES, Move: PLAIN}, True, False),
        (API.authorizer, {}, False, False),
    ],
)
def test_a_request_with_a_time_limit_is_enqueued_as_its_time_out(
    function: Any, enqueues: Any, begins: bool, ends: bool
) -> None:
    assert enqueued_by(RIDES, function) == enqueues
    assert begins_requests(RIDES, function) is begins
    assert ends_requests(RIDES, function) is ends
