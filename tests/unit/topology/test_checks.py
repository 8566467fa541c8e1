"""Every rule finds a system that breaks it, and names the element and the fix."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from contracts import Command, Event, Message
from messaging.limits import MAX_VISIBILITY
from tests.systems.travel.system import system as travel
from tests.systems.warehouse.system import system as warehouse
from tests.unit.topology.builders import (
    Book,
    Booked,
    Boooked,
    Broken,
    Move,
    assert_only_problem,
    event,
    system,
)
from tests.unit.topology.test_conversation_rules import BROKEN as BROKEN_CONVERSATIONS
from tests.unit.topology.test_uses_rules import BROKEN as BROKEN_USES
from topology.checks import RULES, TopologyError, check, problems
from topology.filters import absent, anything_but, at_least, equals, exists, prefix
from topology.model import (
    Api,
    Consumer,
    On,
    RetryPolicy,
    Service,
    System,
    Table,
    Where,
)
from topology.uses import Read


def listener(*ons: On, **options: Any) -> System:
    """Return a system in which Loyalty.rides listens."""
    rides = Service(name="Rides", publishes=(Booked,))
    consumer = Consumer("rides", listens_to=ons or (On(Booked),), **options)
    return system(rides, Service(name="Loyalty", consumers=(consumer,)))


def publisher(*events: type[Event]) -> System:
    return system(Service(name="Rides", publishes=events))


def grouped(group: str | None, *, fifo: bool = False, **fields: Any) -> System:
    """Return a system in which Rides publishes an event with a group."""
    moved = event("Moved", group=group, **fields)
    return system(Service(name="Rides", fifo=fifo, publishes=(moved,)))


def ordered(*, source: bool = True, **options: Any) -> System:
    """Return a system in which Loyalty.rides, a FIFO consumer, listens to a FIFO service or not."""
    moved = event("Moved", group="item", item=str)
    rides = Service(name="Rides", fifo=source, publishes=(moved,))
    consumer = Consumer("rides", listens_to=(On(moved),), fifo=True, **options)
    return system(rides, Service(name="Loyalty", consumers=(consumer,)))


def accepting(command: type[Command], *, fifo: bool) -> System:
    """Return a system in which the FIFO consumer Rides.tasks accepts a command."""
    consumer = Consumer("tasks", accepts=(command,), fifo=True)
    return system(Service(name="Rides", fifo=fifo, consumers=(consumer,)))


def filtering(**where: Any) -> System:
    return listener(On(Booked, where=where))


def named(name: str) -> System:
    return system(Service(name=name))


def with_api(*routes: str, **options: Any) -> System:
    return system(Service(name="Rides", api=Api(routes, **options)))


def with_consumers(*names: str) -> System:
    found = tuple(Consumer(name, accepts=(Book,)) for name in names)
    return system(Service(name="Rides", consumers=found))


def with_tables(*names: str) -> System:
    reads: dict[str, tuple[Read, ...]] = dict.fromkeys(names, ("GetItem",))
    consumer = Consumer("tasks", accepts=(Book,), reads=reads)
    tables = tuple(Table(name) for name in names)
    return system(Service(name="Rides", tables=tables, consumers=(consumer,)))


def crowd(count: int) -> System:
    consumers = tuple(Consumer(f"c{n}", listens_to=(On(Booked),)) for n in range(count))
    rides = Service(name="Rides", publishes=(Booked,))
    return system(rides, Service(name="Loyalty", consumers=consumers))


MOVED = event("Moved", group="item", item=str)
MANY = tuple(equals(f"city-{n}") for n in range(151))

# What is wrong: the system, then element, text and fix of its one problem.
BROKEN: dict[str, Broken] = {
    # names
    "a system in upper case": (
        System(name="Rides", services=()),
        "Rides",
        "no name for a system",
        "web-shop",
    ),
    "the name of the dashboard stack": (
        named("TestDashboard"),
        "TestDashboard",
        "stage-TestDashboard",
        "rename",
    ),
    "two services of one name": (
        system(Service(name="Rides"), Service(name="Rides")),
        "Rides",
        "two services",
        "rename",
    ),
    "a service in lower case": (named("rides"), "rides", "no name for a service", "capital letter"),
    "a service with a hyphen": (named("My-Rides"), "My-Rides", "no name", "OrderHistory"),
    "a long service": (
        named("R" * 90),
        "R" * 90,
        "stack name has 131 characters",
        "shorten the name by 3",
    ),
    "services with one package": (
        system(Service(name="RideOK"), Service(name="RideOk")),
        "RideOK and RideOk",
        "lambdas/ride_ok",
        "rename",
    ),
    "a package of Python": (named("Email"), "Email", "'email'", "EmailService"),
    "a package of the layer": (named("Messaging"), "Messaging", "'messaging'", "MessagingService"),
    "a keyword as a package": (named("Import"), "Import", "'import'", "ImportService"),
    "the name of another service's channels stack": (
        system(Service(name="Rides"), Service(name="RidesChannels")),
        "RidesChannels",
        "stage-RidesChannels",
        "rename",
    ),
    "a consumer with a hyphen": (
        with_consumers("ride-quotes"),
        "Rides.ride-quotes",
        "no name for a consumer",
        "ride_quotes",
    ),
    "a consumer in upper case": (with_consumers("Quotes"), "Rides.Quotes", "no name", "lower case"),
    "a keyword as a consumer": (with_consumers("import"), "Rides.import", "no name", "ride_quotes"),
    "the API as a consumer": (with_consumers("api"), "Rides.api", "HTTP API", "rename"),
    "two consumers of one name": (
        with_consumers("rides", "rides"),
        "Rides",
        "handlers rides and rides",
        "rename",
    ),
    "two consumers of one CloudFormation id": (
        with_consumers("a_1", "a1"),
        "Rides",
        "a_1 and a1 apart",
        "rename",
    ),
    "two tables of one name": (with_tables("rides", "rides"), "Rides", "tables rides", "rename"),
    "a table with a space": (
        with_tables("my rides"),
        "Rides.my rides",
        "no name for a table",
        "joined by _",
    ),
    # messages
    "two publishers": (
        system(*(Service(name=name, publishes=(Booked,)) for name in ("Rides", "Money"))),
        "Booked",
        "published 2 times: Rides, Money",
        "its owner",
    ),
    "published twice by one": (publisher(Booked, Booked), "Booked", "Rides, Rides", "once"),
    "an event without a publisher": (
        listener(On(Boooked)),
        "Loyalty.rides",
        "no service publishes Boooked",
        "or listen to Booked of Rides",
    ),
    "no tag": (
        publisher(event("Untagged", None)),
        "Untagged",
        "msg_tag is None",
        "e.g. 'Untagged'",
    ),
    "an empty tag": (publisher(event("Empty", "")), "Empty", "msg_tag is ''", "1 to 128"),
    "a tag with a space": (publisher(event("Space", "a b")), "Space", "'a b'", "letters"),
    "a long tag": (publisher(event("Long", "x" * 129)), "Long", "xxx", "1 to 128"),
    "one tag for two": (
        publisher(event("One"), event("Two")),
        "One and Two",
        "share the msg_tag 'Other'",
        "its own",
    ),
    # attributes
    "six attributes": (
        publisher(
            event("Six", attributes=tuple("abcdef"), a=str, b=str, c=str, d=str, e=str, f=str)
        ),
        "Six",
        "declares 6 attributes",
        "keep the attributes",
    ),
    "an attribute twice": (
        publisher(event("Twice", attributes=("a", "a"), a=str)),
        "Twice",
        "a twice",
        "once",
    ),
    "an attribute that is no field": (
        publisher(event("Lost", attributes=("price",), fare=float)),
        "Lost",
        "no field",
        "fare",
    ),
    "a reserved attribute": (
        publisher(event("Own", attributes=("retry",), retry=int)),
        "Own",
        "runtime's own",
        "rename",
    ),
    "a number or a text": (
        publisher(event("Mixed", attributes=("a",), a=int | str)),
        "Mixed",
        "cannot travel",
        "list[str]",
    ),
    "a document": (
        publisher(event("Deep", attributes=("a",), a=dict[str, str])),
        "Deep",
        "cannot travel",
        "use str",
    ),
    "a list of numbers": (
        publisher(event("Numbers", attributes=("a",), a=list[int])),
        "Numbers",
        "list[int]",
        "list[str]",
    ),
    # consumers
    "an unreachable consumer": (
        system(Service(name="Rides", consumers=(Consumer("rides"),))),
        "Rides.rides",
        "no message reaches it",
        "`accepts`",
    ),
    "an event twice": (
        listener(On(Booked), On(Booked, where={"vip": equals(True)})),
        "Loyalty.rides",
        "Booked more than once",
        "a tuple of conditions",
    ),
    "a filter on an undeclared attribute": (
        filtering(price=at_least(5)),
        "Loyalty.rides",
        "price, which Booked does not declare",
        "(fare, from, vip, stops, class)",
    ),
    "a filter on the tag": (
        filtering(msgTag=equals("x")),
        "Loyalty.rides",
        "msgTag",
        "use a declared attribute",
    ),
    "a number compared with a text": (
        filtering(**{"from": at_least(5)}),
        "Loyalty.rides",
        "from of Booked is a text",
        "with a text",
    ),
    "a text compared with a number": (
        filtering(fare=prefix("4")),
        "Loyalty.rides",
        "no number can be prefix '4'",
        "with a number",
    ),
    "a flag compared with a text": (
        filtering(vip=equals("true")),
        "Loyalty.rides",
        "is a flag",
        "with a flag",
    ),
    "a list compared with a number": (
        filtering(stops=(equals("a"), anything_but(1))),
        "Loyalty.rides",
        "is a text",
        "with a text",
    ),
    "too many keys": (
        filtering(**dict.fromkeys(Booked.attributes, exists())),
        "Loyalty.rides",
        "6 attributes",
        "divide its messages",
    ),
    "too many values": (
        filtering(**{"from": MANY}),
        "Loyalty.rides",
        "151 combinations",
        "list fewer",
    ),
    "no value": (filtering(fare=()), "Loyalty.rides", "fare no value", "at least one"),
    "too many filters on a topic": (
        crowd(201),
        "Rides",
        "201 consumers subscribe to its MsgOut",
        "join",
    ),
    # numbers
    "no batch": (listener(batch_size=0), "Loyalty.rides", "batch_size is 0", "from 1 to 10000"),
    "a large batch": (
        listener(batch_size=10_001, batching_window=1),
        "Loyalty.rides",
        "10001",
        "from 1 to 10000",
    ),
    "a batch of eleven at once": (
        listener(batch_size=11),
        "Loyalty.rides",
        "11 without a batching_window",
        "at least 1",
    ),
    "a long window": (
        listener(batching_window=301),
        "Loyalty.rides",
        "batching_window is 301",
        "0 to 300",
    ),
    "no concurrency": (
        listener(max_concurrency=1),
        "Loyalty.rides",
        "max_concurrency is 1",
        "from 2",
    ),
    "too much concurrency": (listener(max_concurrency=1001), "Loyalty.rides", "1001", "to 1000"),
    "no timeout": (listener(timeout=0), "Loyalty.rides", "timeout is 0", "from 1 to 900"),
    "a long timeout": (listener(timeout=901), "Loyalty.rides", "timeout is 901", "from 1 to 900"),
    "little memory": (listener(memory=127), "Loyalty.rides", "memory is 127", "from 128"),
    "much memory": (listener(memory=10_241), "Loyalty.rides", "memory is 10241", "to 10240"),
    "a handler timeout as long as the function's": (
        listener(handler_timeout=30),
        "Loyalty.rides",
        "handler_timeout is 30",
        "below timeout",
    ),
    "no handler timeout": (listener(handler_timeout=0), "Loyalty.rides", "is 0", "above 0"),
    "no hops": (listener(hop_limit=0), "Loyalty.rides", "hop_limit is 0", "at least 1"),
    "no thread": (listener(concurrency=0), "Loyalty.rides", "concurrency is 0", "from 1 to 100"),
    "many threads": (listener(concurrency=101), "Loyalty.rides", "is 101", "from 1 to 100"),
    "more attempts than SQS counts": (
        listener(retry=RetryPolicy(max_attempts=999)),
        "Loyalty.rides",
        "999 attempts may take 1001 receives",
        "SQS counts to 1000",
    ),
    "more attempts than SQS counts in order": (
        ordered(retry=RetryPolicy(max_attempts=101)),
        "Loyalty.rides",
        "101 attempts may take 1010 receives",
        "lower max_attempts",
    ),
    "a window shorter than the queue's retention": (
        listener(guarantee="completion", deduplication_window=4 * 86_400 - 1),
        "Loyalty.rides",
        "deduplication_window is 345599 s; a message may wait 4 days",
        "at least 345600",
    ),
    "an unknown guarantee": (
        listener(guarantee="exactly-once"),
        "Loyalty.rides",
        "guarantee is 'exactly-once'",
        "choose one of at-least-once, completion, lease",
    ),
    "a payload check without a table": (
        listener(payload_check=True),
        "Loyalty.rides",
        "payload_check with guarantee 'at-least-once'",
        "set guarantee to lease or completion",
    ),
    "retries beyond the window": (
        listener(
            retry=RetryPolicy(max_attempts=3, schedule=(4 * 86_400,)),
            guarantee="lease",
            deduplication_window=7 * 86_400,
        ),
        "Loyalty.rides",
        "deduplication_window is 604800 s, its retries may take 691200 s",
        "raise it",
    ),
    # order
    "a FIFO queue behind a standard topic": (
        ordered(source=False),
        "Loyalty.rides",
        "it is FIFO, the topics of Rides are not",
        "set fifo=True there too",
    ),
    "a FIFO queue behind a standard MsgIn": (
        accepting(Move, fifo=False),
        "Rides.tasks",
        "the topics of Rides are not",
        "or leave it out here",
    ),
    "an event without a group in order": (
        grouped(None, fifo=True, item=str, places=list[str], note=str | None),
        "Moved",
        "FIFO topic or queue without a group",
        "keep order: item",
    ),
    "a command without a group in order": (
        accepting(Book, fifo=True),
        "Book",
        "FIFO topic or queue without a group",
        "none",
    ),
    "a group that is no field": (grouped("item"), "Moved", "'item' is no required field", "none"),
    "a group that may be missing": (
        grouped("note", item=str, note=str | None),
        "Moved",
        "'note' is no required field",
        "name a suitable field: item",
    ),
    "a group of several values": (
        grouped("places", item=Annotated[int, Meta(ge=0)], places=list[str]),
        "Moved",
        "single value",
        "item",
    ),
    "a large batch in order": (
        ordered(batch_size=11),
        "Loyalty.rides",
        "batch_size is 11 in a FIFO consumer",
        "at most 10",
    ),
    "a window in order": (
        ordered(batching_window=1),
        "Loyalty.rides",
        "batching_window is 1 in a FIFO consumer",
        "leave it out",
    ),
    "a long wait in order": (
        ordered(retry=RetryPolicy(schedule=(MAX_VISIBILITY + 1,))),
        "Loyalty.rides",
        f"it may wait {MAX_VISIBILITY + 1} s for a retry",
        "lower `cap`",
    ),
    # routes
    "a slow API": (with_api("GET /", timeout=31), "Rides.api", "timeout is 31", "from 1 to 30"),
    "a small API": (with_api("GET /", memory=64), "Rides.api", "memory is 64", "from 128"),
    "no routes": (with_api(), "Rides.api", "no routes", "add one"),
    "no method": (with_api("/rides"), "Rides.api", "'/rides' is no route", "POST /rides/{id}"),
    "an unknown method": (with_api("FETCH /rides"), "Rides.api", "no route", "POST"),
    "a relative path": (with_api("GET rides"), "Rides.api", "no route", "POST"),
    "an open parameter": (with_api("GET /rides/{id"), "Rides.api", "no route", "POST"),
    "greedy in the middle": (with_api("GET /{all+}/rides"), "Rides.api", "no route", "POST"),
    "a route twice": (
        with_api("GET /a", "GET /a"),
        "Rides.api",
        "two routes are GET /a",
        "leave one",
    ),
    "a route by two names": (
        with_api("GET /a/{id}", "GET /a/{key}"),
        "Rides.api",
        "GET /a/{}",
        "leave one",
    ),
}


@pytest.mark.parametrize(("broken", "element", "text", "fix"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_names_element_and_fix(
    broken: System, element: str, text: str, fix: str
) -> None:
    assert_only_problem(broken, element, text, fix)


def test_every_rule_has_a_system_that_breaks_it() -> None:
    tables = (BROKEN, BROKEN_CONVERSATIONS, BROKEN_USES)
    broken = [system for table in tables for system, *_ in table.values()]

    assert [rule for rule in RULES if not any(list(rule(system)) for system in broken)] == []


@pytest.mark.parametrize(
    "name", ["a..b", ".a", "a.", "AWS.a", "amazon.a", "a b", "ä", "", "x" * 257]
)
def test_an_attribute_has_a_name_that_sns_takes(name: str) -> None:
    texts = [problem.text for problem in problems(publisher(event("Named", attributes=(name,))))]

    assert f"SNS does not take {name!r} as the name of an attribute" in texts


GOOD_FILTERS: dict[str, Where] = {
    "an optional number": {"fare": at_least(50)},
    "a text": {"from": (equals("Oslo"), prefix("New"))},
    "a flag": {"vip": equals(True)},
    "a flag that is not": {"vip": anything_but(True)},
    "a list": {"stops": equals("Oslo")},
    "a text out of a few": {"class": equals("first")},
    "presence": {"fare": exists(), "vip": absent()},
}


@pytest.mark.parametrize("where", GOOD_FILTERS.values(), ids=GOOD_FILTERS)
def test_a_filter_of_the_right_kind_is_no_problem(where: Where) -> None:
    assert problems(listener(On(Booked, where=where))) == []


@pytest.mark.parametrize(
    "fine",
    [
        crowd(200),
        with_api("GET /", "POST /a/{id}", "POST /a/{id}/b", "DELETE /a-b/c.d/{all+}"),
        with_consumers("rides", "ride_quotes"),
        listener(batch_size=10_000, batching_window=300, max_concurrency=1000, timeout=900),
        listener(batch_size=1, max_concurrency=2, timeout=2, memory=128, handler_timeout=1.5),
        listener(memory=10_240, hop_limit=1),
        named("R" * 87),
        listener(concurrency=100, guarantee="lease", deduplication_window=4 * 86_400),
        listener(retry=RetryPolicy(max_attempts=998)),
        ordered(retry=RetryPolicy(max_attempts=100, schedule=(MAX_VISIBILITY,))),
        accepting(Move, fifo=True),
        # Order within one value of it; in a standard queue it keeps one customer from delaying all.
        grouped("item", item=Literal["a", "b"]),
        system(
            Service(name="Rides", fifo=True, claim_check=True, publishes=(MOVED,)),
            Service(name="Loyalty", consumers=(Consumer("rides", listens_to=(On(MOVED),)),)),
        ),
        travel,
        warehouse,
    ],
    ids=[
        *("crowd", "routes", "names", "largest", "smallest", "memory", "long", "threads"),
        *("attempts", "ordered", "commands", "groups", "standard", "travel", "warehouse"),
    ],
)
def test_a_system_within_the_rules_has_no_problems(fine: System) -> None:
    assert problems(fine) == []
    check(fine)


def test_the_owner_of_an_unpublished_event_is_suggested_by_its_module() -> None:
    lost: type[Message] = event("Lost")
    lost.__module__ = "contracts.order_history"
    loyalty = Service(name="OrderHistory", consumers=(Consumer("a", listens_to=(On(lost),)),))  # type: ignore[arg-type]

    (problem,) = problems(system(loyalty))

    assert problem.fix == "add it to `publishes` of OrderHistory"


def test_a_service_does_not_have_the_name_of_the_platform_stack() -> None:
    texts = [problem.text for problem in problems(named("Platform"))]

    assert "two stacks would be called 'stage-Platform'" in texts


def test_all_problems_come_in_one_error() -> None:
    broken = system(Service(name="rides"), Service(name="Email", consumers=(Consumer("a"),)))

    with pytest.raises(TopologyError) as raised:
        check(broken)

    assert [problem.element for problem in raised.value.problems] == ["rides", "Email", "Email.a"]
    for problem in raised.value.problems:
        assert f"- {problem.element}: {problem.text}. Fix: {problem.fix}." in str(raised.value)
