"""Every rule on conversations, functions and APIs finds a system that breaks it."""

from typing import Any, ClassVar

import pytest

from contracts import Command, Event, RequestTimedOut
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
from topology.checks import problems
from topology.filters import absent, at_least, equals, exists, prefix
from topology.model import (
    Api,
    Authorizer,
    Consumer,
    Cors,
    Function,
    Guarantee,
    On,
    Service,
    System,
)
from topology.rules.walk import messages


class Quote(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Quote"


class Quoted(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Quoted"


QUOTE = Function("quote", invocable=(Quote,))
ONCE: Guarantee = "lease"
MOVED = event("Moved", group="item", item=str)
TASKS = Consumer("tasks", accepts=(Book,))


def rides(*consumers: Consumer, **options: Any) -> System:
    return system(Service(name="Rides", consumers=consumers, **options))


def sending(*commands: type[Command]) -> System:
    """Return a system in which Shop sends commands, and Rides accepts Book."""
    return system(Service(name="Shop", sends=commands), Service(name="Rides", consumers=(TASKS,)))


def invoking(*commands: type[Command]) -> System:
    """Return a system in which Shop invokes functions, and Rides has one for Quote."""
    shop = Service(name="Shop", invokes=commands)
    return system(shop, Service(name="Rides", functions=(QUOTE,)))


def requesting(*consumers: Consumer, **options: Any) -> System:
    """Return a system with consumers of Shop; Rides publishes Booked and Quoted."""
    shop = Service(name="Shop", consumers=consumers, **options)
    return system(shop, Service(name="Rides", publishes=(Booked, Quoted)))


def functions(*names: str, consumers: tuple[str, ...] = ()) -> System:
    """Return a system in which Rides has functions and consumers with these names."""
    commands: tuple[type[Command], ...] = (Quote, Book, Move)
    found = tuple(Function(n, invocable=(c,)) for n, c in zip(names, commands, strict=False))
    queued = tuple(Consumer(name, accepts=(Book,)) for name in consumers)
    return rides(*queued, functions=found)


def sized(**options: Any) -> System:
    return rides(functions=(Function("quote", invocable=(Quote,), **options),))


def with_commands(*routes: str, function: Function = QUOTE, **options: Any) -> System:
    """Return a system in which the API of Rides has routes for Quote."""
    api = Api((), commands=dict.fromkeys(routes, Quote), **options)
    return rides(functions=(function,), api=api)


def guarding(*routes: str, **options: Any) -> System:
    """Return a system in which the API of Rides has two routes, and an authorizer."""
    authorizer = Authorizer(routes, **options)
    api = Api(("GET /rides",), commands={"POST /quote": Quote}, authorizer=authorizer)
    return rides(functions=(QUOTE,), api=api)


def shared_with(*origins: str, **options: Any) -> System:
    return rides(api=Api(("GET /rides",), cors=Cors(origins, **options)))


# What is wrong: the system, then element, text and fix of its one problem.
BROKEN: dict[str, Broken] = {
    # consumers
    "a consumer that is only invocable": (
        rides(Consumer("rides", invocable=(Book,))),
        "Rides.rides",
        "it is only invocable",
        "make it a Function",
    ),
    "an event as an announcement and as a reply": (
        requesting(Consumer("rides", listens_to=(On(Booked),), replies_from=(On(Booked),))),
        "Shop.rides",
        "Booked more than once",
        "name it once; in `where`",
    ),
    "a command accepted in two ways": (
        rides(Consumer("rides", accepts=(Book,), accepts_enqueued=(Book,))),
        "Rides.rides",
        "Book more than once",
        "name it once",
    ),
    "a reply without a publisher": (
        requesting(Consumer("replies", replies_from=(On(Boooked),))),
        "Shop.replies",
        "no service publishes Boooked",
        "or listen to Booked of Rides",
    ),
    "a reply filtered on an undeclared attribute": (
        requesting(Consumer("replies", replies_from=(On(Booked, where={"price": at_least(5)}),))),
        "Shop.replies",
        "price, which Booked does not declare",
        "(fare, from, vip, stops, class)",
    ),
    "a reply filtered on the requester": (
        requesting(
            Consumer("replies", replies_from=(On(Booked, where={"requestService": equals("X")}),))
        ),
        "Shop.replies",
        "requestService, which Booked does not declare",
        "use a declared attribute",
    ),
    # requestService is a fifth key, msgTag the sixth.
    "a reply filtered on four attributes": (
        requesting(
            Consumer(
                "replies",
                replies_from=(
                    On(Booked, where=dict.fromkeys(("fare", "from", "vip", "stops"), exists())),
                ),
            )
        ),
        "Shop.replies",
        "6 attributes",
        "filter on fewer",
    ),
    "replies to a FIFO queue from a standard topic": (
        requesting(Consumer("replies", replies_from=(On(Quoted),), fifo=True)),
        "Shop.replies",
        "it is FIFO, the topics of Rides are not",
        "set fifo=True there too",
    ),
    # sends
    "a command that no service accepts": (
        sending(Quote),
        "Shop",
        "no service accepts Quote",
        "`accepts` of a consumer of the service that owns it, or send Book of Rides",
    ),
    "a command that is only enqueued": (
        system(
            Service(name="Shop", sends=(Quote,)),
            Service(name="Rides", consumers=(Consumer("quotes", accepts_enqueued=(Quote,)),)),
        ),
        "Shop",
        "no service accepts Quote",
        "add it to `accepts`",
    ),
    "a command sent twice": (
        sending(Book, Book),
        "Shop",
        "it sends Book more than once",
        "once in `sends`",
    ),
    # invokes
    "a command without a function": (
        invoking(Book),
        "Shop",
        "no function can be invoked with Book",
        "`invocable` of a function of the service that owns it, or invoke Quote of Rides",
    ),
    "a command invoked twice": (
        invoking(Quote, Quote),
        "Shop",
        "it invokes Quote more than once",
        "once in `invokes`",
    ),
    # invocable
    "a command of two functions": (
        rides(functions=(QUOTE, Function("offer", invocable=(Quote,)))),
        "Rides",
        "Quote is invocable 2 times: quote, offer",
        "one of them",
    ),
    "a command of a consumer and a function": (
        rides(Consumer("rides", accepts=(Book,), invocable=(Quote,)), functions=(QUOTE,)),
        "Rides",
        "Quote is invocable 2 times: rides, quote",
        "one of them",
    ),
    "a command that a consumer names twice": (
        rides(Consumer("rides", accepts=(Book,), invocable=(Book, Book))),
        "Rides",
        "Book is invocable 2 times: rides, rides",
        "once",
    ),
    "a function without commands": (
        rides(functions=(Function("quote", invocable=()),)),
        "Rides.quote",
        "the function has no commands",
        "or remove it",
    ),
    # accepts_enqueued
    "a command for two queues": (
        rides(Consumer("a", accepts_enqueued=(Book,)), Consumer("b", accepts_enqueued=(Book,))),
        "Rides",
        "2 of its consumers accept Book enqueued: a, b",
        "`accepts_enqueued` of one of them",
    ),
    "time-outs for two queues": (
        rides(
            *(Consumer(n, accepts_enqueued=(RequestTimedOut,), guarantee=ONCE) for n in ("a", "b"))
        ),
        "Rides",
        "accept RequestTimedOut enqueued: a, b",
        "one of them",
    ),
    "an enqueued command without a group in a FIFO queue": (
        rides(Consumer("tasks", accepts_enqueued=(Book,), fifo=True)),
        "Book",
        "FIFO topic or queue without a group",
        "keep order: none",
    ),
    # time limits
    "time-outs in a FIFO queue": (
        rides(Consumer("late", accepts_enqueued=(RequestTimedOut,), fifo=True, guarantee=ONCE)),
        "Rides.late",
        "it is FIFO and accepts RequestTimedOut",
        "a consumer that is not FIFO",
    ),
    "time-outs without idempotency": (
        rides(Consumer("late", accepts_enqueued=(RequestTimedOut,))),
        "Rides.late",
        "but is not idempotent",
        'guarantee="lease"',
    ),
    "replies within a time limit without idempotency": (
        requesting(
            Consumer("replies", replies_from=(On(Quoted),)),
            Consumer("late", accepts_enqueued=(RequestTimedOut,), guarantee=ONCE),
            Consumer("news", listens_to=(On(Booked),)),
        ),
        "Shop.replies",
        "but is not idempotent",
        'guarantee="lease"',
    ),
    "a time-out in accepts": (
        rides(Consumer("late", accepts=(RequestTimedOut,))),
        "Rides.late",
        "RequestTimedOut in `accepts` is the runtime's own",
        "name it in `accepts_enqueued`",
    ),
    "a time-out in sends": (
        sending(RequestTimedOut),
        "Shop",
        "RequestTimedOut in `sends` is the runtime's own",
        "leave it out",
    ),
    "a time-out in invokes": (
        invoking(RequestTimedOut),
        "Shop",
        "RequestTimedOut in `invokes` is the runtime's own",
        "leave it out",
    ),
    "a time-out in invocable of a function": (
        rides(functions=(Function("late", invocable=(RequestTimedOut,)),)),
        "Rides.late",
        "RequestTimedOut in `invocable` is the runtime's own",
        "leave it out",
    ),
    "a time-out in invocable of a consumer": (
        rides(Consumer("late", accepts=(Book,), invocable=(RequestTimedOut,))),
        "Rides.late",
        "RequestTimedOut in `invocable` is the runtime's own",
        "leave it out",
    ),
    "a time-out in commands of an API": (
        rides(api=Api((), commands={"POST /late": RequestTimedOut})),
        "Rides.api",
        "RequestTimedOut in `commands` is the runtime's own",
        "leave it out",
    ),
    # names
    "a function with a hyphen": (
        functions("ride-quotes"),
        "Rides.ride-quotes",
        "no name for a function",
        "ride_quotes",
    ),
    "a keyword as a function": (functions("import"), "Rides.import", "no name", "ride_quotes"),
    "two functions of one name": (
        functions("quote", "quote"),
        "Rides",
        "handlers quote and quote",
        "rename",
    ),
    "a function and a consumer of one CloudFormation id": (
        functions("a1", consumers=("a_1",)),
        "Rides",
        "a_1 and a1 apart",
        "rename",
    ),
    "the API as a function": (functions("api"), "Rides.api", "HTTP API", "rename"),
    "the authorizer as a function": (
        functions("authorizer"),
        "Rides.authorizer",
        "`authorizer` is a handler of the service's HTTP API",
        "rename",
    ),
    "the authorizer as a consumer": (
        functions(consumers=("authorizer",)),
        "Rides.authorizer",
        "HTTP API",
        "rename",
    ),
    "a long name of a function": (
        functions("q" * 28),
        f"Rides.{'q' * 28}",
        "67 characters with a stage of 32",
        "name by 3",
    ),
    "a long name of an invocable consumer": (
        rides(Consumer("q" * 26, accepts=(Book,), invocable=(Book,))),
        f"Rides.{'q' * 26}",
        "65 characters with a stage of 32",
        "name by 1",
    ),
    # numbers
    "a function without a timeout": (
        sized(timeout=0),
        "Rides.quote",
        "timeout is 0",
        "from 1 to 900",
    ),
    "a long timeout of a function": (sized(timeout=901), "Rides.quote", "is 901", "from 1 to 900"),
    "little memory of a function": (sized(memory=127), "Rides.quote", "is 127", "from 128"),
    "much memory of a function": (sized(memory=10_241), "Rides.quote", "10241", "to 10240"),
    "an authorizer without a timeout": (
        guarding("GET /rides", timeout=0),
        "Rides.api.authorizer",
        "timeout is 0",
        "from 1 to 10",
    ),
    "a slow authorizer": (
        guarding("GET /rides", timeout=11),
        "Rides.api.authorizer",
        "timeout is 11",
        "from 1 to 10",
    ),
    "a small authorizer": (
        guarding("GET /rides", memory=127),
        "Rides.api.authorizer",
        "memory is 127",
        "from 128",
    ),
    "a long cache": (
        guarding("GET /rides", cache=3_601),
        "Rides.api.authorizer",
        "cache is 3601",
        "from 0 to 3600",
    ),
    "a negative cache": (
        guarding("GET /rides", cache=-1),
        "Rides.api.authorizer",
        "cache is -1",
        "from 0 to 3600",
    ),
    "a long max_age": (
        shared_with("*", max_age=86_401),
        "Rides.api.cors",
        "max_age is 86401",
        "from -1 to 86400",
    ),
    "a negative max_age": (
        shared_with("*", max_age=-2),
        "Rides.api.cors",
        "max_age is -2",
        "from -1",
    ),
    # commands of an API
    "a command by GET": (
        with_commands("GET /quote"),
        "Rides.api",
        "no route for a command",
        "POST /quote",
    ),
    "a command with a parameter": (
        with_commands("POST /quote/{id}"),
        "Rides.api",
        "'POST /quote/{id}' is no route for a command",
        "without parameters",
    ),
    "a command on all paths": (
        with_commands("POST /{all+}"),
        "Rides.api",
        "no route for a command",
        "without parameters",
    ),
    "a route with and without a command": (
        rides(
            functions=(QUOTE,), api=Api(("POST /quote", "GET /"), commands={"POST /quote": Quote})
        ),
        "Rides.api",
        "two routes are POST /quote",
        "leave one",
    ),
    "a command of another service's function": (
        system(
            Service(name="Shop", api=Api((), commands={"POST /quote": Quote})),
            Service(name="Rides", functions=(QUOTE,)),
        ),
        "Shop.api",
        "no function of Shop can be invoked with Quote",
        "add it to `invocable`",
    ),
    "a command that is accepted, but not invocable": (
        rides(TASKS, api=Api((), commands={"POST /book": Book})),
        "Rides.api",
        "no function of Rides can be invoked with Book",
        "add it to `invocable`",
    ),
    "a slow function behind an API": (
        with_commands("POST /quote", function=Function("quote", invocable=(Quote,), timeout=31)),
        "Rides.quote",
        "timeout is 31, the API that calls it waits 30 s",
        "at most 30",
    ),
    "a slow consumer behind an API": (
        rides(
            Consumer("tasks", accepts=(Book,), invocable=(Book,), timeout=60),
            api=Api((), commands={"POST /book": Book}),
        ),
        "Rides.tasks",
        "timeout is 60",
        "or use a Function",
    ),
    # authorizers
    "an authorizer without routes": (
        guarding(),
        "Rides.api.authorizer",
        "it guards no route",
        "or remove the authorizer",
    ),
    "an authorizer of an unknown route": (
        guarding("GET /rides", "POST /rides"),
        "Rides.api.authorizer",
        "'POST /rides' is no route of the API",
        "one of its routes: GET /rides, POST /quote",
    ),
    "a route guarded twice": (
        guarding("GET /rides", "GET /rides"),
        "Rides.api.authorizer",
        "'GET /rides' more than once",
        "once",
    ),
    # origins
    "no origin": (shared_with(), "Rides.api.cors", "it allows no origin", "or remove `cors`"),
    "an origin beside all": (
        shared_with("*", "https://app.example.com"),
        "Rides.api.cors",
        "'*' allows every origin",
        "or leave it out",
    ),
}


@pytest.mark.parametrize(("broken", "element", "text", "fix"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_names_element_and_fix(
    broken: System, element: str, text: str, fix: str
) -> None:
    assert_only_problem(broken, element, text, fix)


@pytest.mark.parametrize(
    "origin",
    [
        "app.example.com",
        "ftp://app.example.com",
        "https://app.example.com/",
        "https://app.example.com/shop",
        "https://App.example.com",
        "https://*.example.com",
        "https://app.example.com:",
        "https://app.example.com:123456",
        "https://me@app.example.com",
        "https://.example.com",
        "https://app..example.com",
        "https://",
        "",
    ],
)
def test_an_origin_is_written_as_a_browser_sends_it(origin: str) -> None:
    (problem,) = problems(shared_with(origin, "https://app.example.com"))

    assert problem.element == "Rides.api.cors"
    assert problem.text == f"{origin!r} is no origin"


# Every field of the model, in systems within the rules.
FINE: dict[str, System] = {
    "a command that one service sends and another accepts": sending(Book),
    "a command that no service of the system sends": rides(TASKS),
    "a command to its own MsgIn": rides(TASKS, sends=(Book,)),
    "a command that two services accept": system(
        Service(name="Shop", sends=(Book,)),
        Service(name="Rides", consumers=(TASKS,)),
        Service(name="Boats", consumers=(TASKS,)),
    ),
    "a command that is accepted and invocable": rides(
        Consumer("tasks", accepts=(Book,), invocable=(Book, Quote)), invokes=(Book, Quote)
    ),
    "a command that is invocable at two services": system(
        Service(name="Shop", invokes=(Quote,)),
        Service(name="Rides", functions=(QUOTE,)),
        Service(name="Boats", functions=(QUOTE,)),
    ),
    "a command enqueued for one consumer and accepted by another": rides(
        TASKS, Consumer("later", accepts_enqueued=(Book,))
    ),
    "enqueued commands in a FIFO queue": rides(
        Consumer("tasks", accepts_enqueued=(Move,), fifo=True)
    ),
    "replies without a request of the service": requesting(
        Consumer("replies", replies_from=(On(Quoted),))
    ),
    "replies filtered on three attributes": requesting(
        Consumer(
            "replies",
            replies_from=(
                On(Booked, where={"fare": absent(), "vip": exists(), "from": prefix("O")}),
            ),
        )
    ),
    "replies and announcements of one publisher": requesting(
        Consumer("rides", listens_to=(On(Booked),), replies_from=(On(Quoted),))
    ),
    "replies of its own service": rides(
        Consumer("replies", replies_from=(On(Quoted),)), publishes=(Quoted,)
    ),
    "replies in a FIFO queue": system(
        Service(name="Rides", fifo=True, publishes=(MOVED,)),
        Service(
            name="Shop",
            consumers=(Consumer("replies", replies_from=(On(MOVED),), fifo=True),),
        ),
    ),
    "replies within a time limit": requesting(
        Consumer("replies", replies_from=(On(Quoted),), guarantee=ONCE),
        Consumer("late", accepts_enqueued=(RequestTimedOut,), guarantee=ONCE),
        Consumer("news", listens_to=(On(Booked),)),
    ),
    "replies and time-outs in one queue": requesting(
        Consumer(
            "replies",
            replies_from=(On(Quoted),),
            accepts_enqueued=(RequestTimedOut,),
            guarantee=ONCE,
        )
    ),
    "time-outs of one service and replies of another": system(
        Service(name="Rides", publishes=(Quoted,)),
        Service(name="Shop", consumers=(Consumer("replies", replies_from=(On(Quoted),)),)),
        Service(
            name="Boats",
            consumers=(Consumer("late", accepts_enqueued=(RequestTimedOut,), guarantee=ONCE),),
        ),
    ),
    "the longest name of a function": functions("q" * 25),
    "a long name of a consumer that is not invocable": functions(consumers=("q" * 60,)),
    "the smallest function": sized(timeout=1, memory=128),
    "the largest function": sized(timeout=900, memory=10_240),
    "the slowest function behind an API": with_commands(
        "POST /", "POST /a-b/c.d", function=Function("quote", invocable=(Quote,), timeout=30)
    ),
    "a consumer with the default timeout behind an API": rides(
        Consumer("tasks", accepts=(Book,), invocable=(Book,)),
        api=Api((), commands={"POST /book": Book}),
    ),
    "a slow function without an API": rides(
        functions=(QUOTE, Function("report", invocable=(Book,), timeout=900)),
        api=Api((), commands={"POST /quote": Quote}),
    ),
    "an authorizer of a route and a command": guarding("GET /rides", "POST /quote"),
    "an authorizer without a cache": guarding("GET /rides", cache=0, timeout=1),
    "an authorizer with a long cache": guarding("GET /rides", cache=3_600, timeout=10),
    "every origin": shared_with("*", max_age=-1),
    "some origins": shared_with(
        "https://app.example.com", "http://localhost:3000", "http://127.0.0.1", max_age=86_400
    ),
}


@pytest.mark.parametrize("fine", FINE.values(), ids=FINE)
def test_a_system_within_the_rules_has_no_problems(fine: System) -> None:
    assert problems(fine) == []


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ({"sends": (Quote,)}, "add it to `accepts` of a consumer of OrderHistory"),
        ({"invokes": (Quote,)}, "add it to `invocable` of a function of OrderHistory"),
    ],
    ids=["sends", "invokes"],
)
def test_the_owner_of_an_unknown_command_is_suggested_by_its_module(
    options: dict[str, Any], fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quote, "__module__", "contracts.order_history")
    shop = Service(name="Shop", **options)

    (problem,) = problems(system(shop, Service(name="OrderHistory")))

    assert problem.fix == fix


def test_the_fix_for_a_command_accepted_in_two_ways_mentions_no_filter() -> None:
    (problem,) = problems(rides(Consumer("rides", accepts=(Book,), accepts_enqueued=(Book,))))

    assert problem.fix == "name it once"


NAMED: dict[str, System] = {
    "published": rides(publishes=(Booked,)),
    "sent": rides(sends=(Book,)),
    "invoked": rides(invokes=(Book,)),
    "invocable": rides(functions=(Function("book", invocable=(Book,)),)),
    "accepted": rides(TASKS),
    "subscribed": rides(Consumer("a", listens_to=(On(Booked),))),
    "subscribed as a reply": rides(Consumer("a", replies_from=(On(Booked),))),
    "enqueued": rides(Consumer("a", accepts_enqueued=(Book,))),
    "invocable at a consumer": rides(Consumer("a", invocable=(Book,))),
    "behind an API": rides(api=Api((), commands={"POST /book": Book})),
}


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
def test_the_rules_on_messages_find_a_message_in_every_field(named: System) -> None:
    (found,) = messages(named)

    assert found in (Book, Booked)
