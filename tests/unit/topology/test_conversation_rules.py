"""Every rule on conversations, functions and guarded APIs fires, and says where and what to do."""

from typing import Any, ClassVar

import pytest

from contracts import Command, Event, RequestTimedOut
from tests.unit.topology.maps import Book, Booked, Boooked, Broken, Move, event, system
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
    """Return a map in which Shop sends to Rides, which accepts Book."""
    return system(Service(name="Shop", sends=commands), Service(name="Rides", consumers=(TASKS,)))


def invoking(*commands: type[Command]) -> System:
    """Return a map in which Shop invokes functions of Rides, which answers Quote."""
    shop = Service(name="Shop", invokes=commands)
    return system(shop, Service(name="Rides", functions=(QUOTE,)))


def asking(*consumers: Consumer, **options: Any) -> System:
    """Return a map in which Shop asks Rides, which publishes Booked and Quoted."""
    shop = Service(name="Shop", consumers=consumers, **options)
    return system(shop, Service(name="Rides", publishes=(Booked, Quoted)))


def functions(*names: str, consumers: tuple[str, ...] = ()) -> System:
    """Return a map in which Rides has functions and consumers with these names."""
    answers: tuple[type[Command], ...] = (Quote, Book, Move)
    found = tuple(Function(n, invocable=(c,)) for n, c in zip(names, answers, strict=False))
    queued = tuple(Consumer(name, accepts=(Book,)) for name in consumers)
    return rides(*queued, functions=found)


def sized(**options: Any) -> System:
    return rides(functions=(Function("quote", invocable=(Quote,), **options),))


def calling(*routes: str, function: Function = QUOTE, **options: Any) -> System:
    """Return a map in which the API of Rides calls what answers Quote."""
    api = Api((), commands=dict.fromkeys(routes, Quote), **options)
    return rides(functions=(function,), api=api)


def guarding(*routes: str, **options: Any) -> System:
    """Return a map in which the API of Rides has a route and a call, and guards these."""
    authorizer = Authorizer(routes, **options)
    api = Api(("GET /rides",), commands={"POST /quote": Quote}, authorizer=authorizer)
    return rides(functions=(QUOTE,), api=api)


def shared_with(*origins: str, **options: Any) -> System:
    return rides(api=Api(("GET /rides",), cors=Cors(origins, **options)))


# What is wrong: the map, then place, text and fix of its one problem.
BROKEN: dict[str, Broken] = {
    # what reaches a consumer
    "a consumer that only answers": (
        rides(Consumer("rides", invocable=(Book,))),
        "Rides.rides",
        "it only answers",
        "make it a Function",
    ),
    "an event as news and as an answer": (
        asking(Consumer("rides", listens_to=(On(Booked),), replies_from=(On(Booked),))),
        "Shop.rides",
        "Booked more than once",
        "name it once; in `where`",
    ),
    "a command by two ways": (
        rides(Consumer("rides", accepts=(Book,), accepts_enqueued=(Book,))),
        "Rides.rides",
        "Book more than once",
        "name it once",
    ),
    "an answer of nobody": (
        asking(Consumer("answers", replies_from=(On(Boooked),))),
        "Shop.answers",
        "nobody publishes Boooked",
        "or listen to Booked of Rides",
    ),
    "an answer filtered on what nobody declares": (
        asking(Consumer("answers", replies_from=(On(Booked, where={"price": at_least(5)}),))),
        "Shop.answers",
        "price, which Booked does not declare",
        "(fare, from, vip, stops, class)",
    ),
    "an answer filtered on the service that asked": (
        asking(
            Consumer("answers", replies_from=(On(Booked, where={"requestService": equals("X")}),))
        ),
        "Shop.answers",
        "requestService, which Booked does not declare",
        "use one it declares",
    ),
    # The requester is a fifth key, the tag the sixth.
    "an answer filtered on four attributes": (
        asking(
            Consumer(
                "answers",
                replies_from=(
                    On(Booked, where=dict.fromkeys(("fare", "from", "vip", "stops"), exists())),
                ),
            )
        ),
        "Shop.answers",
        "6 attributes",
        "filter on fewer",
    ),
    "answers in order from a standard topic": (
        asking(Consumer("answers", replies_from=(On(Quoted),), fifo=True)),
        "Shop.answers",
        "it is FIFO, the topics of Rides are not",
        "set fifo=True there too",
    ),
    # sends
    "a command that nobody accepts": (
        sending(Quote),
        "Shop",
        "nobody accepts Quote",
        "`accepts` of a consumer of the service that owns it, or send Book of Rides",
    ),
    "a command that is only taken": (
        system(
            Service(name="Shop", sends=(Quote,)),
            Service(name="Rides", consumers=(Consumer("quotes", accepts_enqueued=(Quote,)),)),
        ),
        "Shop",
        "nobody accepts Quote",
        "add it to `accepts`",
    ),
    "a command sent twice": (
        sending(Book, Book),
        "Shop",
        "it sends Book more than once",
        "once in `sends`",
    ),
    # invokes
    "a command that no function answers": (
        invoking(Book),
        "Shop",
        "no function answers Book",
        "`answers` of a function of the service that owns it, or invoke Quote of Rides",
    ),
    "a command invoked twice": (
        invoking(Quote, Quote),
        "Shop",
        "it invokes Quote more than once",
        "once in `invokes`",
    ),
    # answers
    "a command that two functions answer": (
        rides(functions=(QUOTE, Function("offer", invocable=(Quote,)))),
        "Rides",
        "Quote is answered 2 times: quote, offer",
        "one of them",
    ),
    "a command that a consumer and a function answer": (
        rides(Consumer("rides", accepts=(Book,), invocable=(Quote,)), functions=(QUOTE,)),
        "Rides",
        "Quote is answered 2 times: rides, quote",
        "one of them",
    ),
    "a command that a consumer answers twice": (
        rides(Consumer("rides", accepts=(Book,), invocable=(Book, Book))),
        "Rides",
        "Book is answered 2 times: rides, rides",
        "once",
    ),
    "a function without commands": (
        rides(functions=(Function("quote", invocable=()),)),
        "Rides.quote",
        "it answers nothing",
        "or remove it",
    ),
    # takes
    "a command that two consumers take": (
        rides(Consumer("a", accepts_enqueued=(Book,)), Consumer("b", accepts_enqueued=(Book,))),
        "Rides",
        "2 of its consumers take Book: a, b",
        "`takes` of one of them",
    ),
    "time limits that two consumers take": (
        rides(
            *(Consumer(n, accepts_enqueued=(RequestTimedOut,), guarantee=ONCE) for n in ("a", "b"))
        ),
        "Rides",
        "take RequestTimedOut: a, b",
        "one of them",
    ),
    "a unit of work without a group in order": (
        rides(Consumer("tasks", accepts_enqueued=(Book,), fifo=True)),
        "Book",
        "FIFO topic or queue without a group",
        "order matters: none",
    ),
    # time limits
    "time limits in order": (
        rides(Consumer("late", accepts_enqueued=(RequestTimedOut,), fifo=True, guarantee=ONCE)),
        "Rides.late",
        "it is FIFO and takes RequestTimedOut",
        "a consumer that is not FIFO",
    ),
    "time limits without idempotency": (
        rides(Consumer("late", accepts_enqueued=(RequestTimedOut,))),
        "Rides.late",
        "but is not idempotent",
        'guarantee="lease"',
    ),
    "answers within a time limit without idempotency": (
        asking(
            Consumer("answers", replies_from=(On(Quoted),)),
            Consumer("late", accepts_enqueued=(RequestTimedOut,), guarantee=ONCE),
            Consumer("news", listens_to=(On(Booked),)),
        ),
        "Shop.answers",
        "but is not idempotent",
        'guarantee="lease"',
    ),
    "a time limit that is accepted": (
        rides(Consumer("late", accepts=(RequestTimedOut,))),
        "Rides.late",
        "RequestTimedOut in `accepts` is the runtime's own",
        "name it in `takes`",
    ),
    "a time limit that is sent": (
        sending(RequestTimedOut),
        "Shop",
        "RequestTimedOut in `sends` is the runtime's own",
        "leave it out",
    ),
    "a time limit that is invoked": (
        invoking(RequestTimedOut),
        "Shop",
        "RequestTimedOut in `invokes` is the runtime's own",
        "leave it out",
    ),
    "a time limit that a function answers": (
        rides(functions=(Function("late", invocable=(RequestTimedOut,)),)),
        "Rides.late",
        "RequestTimedOut in `answers` is the runtime's own",
        "leave it out",
    ),
    "a time limit that a consumer answers": (
        rides(Consumer("late", accepts=(Book,), invocable=(RequestTimedOut,))),
        "Rides.late",
        "RequestTimedOut in `answers` is the runtime's own",
        "leave it out",
    ),
    "a time limit that an API calls": (
        rides(api=Api((), commands={"POST /late": RequestTimedOut})),
        "Rides.api",
        "RequestTimedOut in `calls` is the runtime's own",
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
    "a function and a consumer alike": (
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
    "a long function": (
        functions("q" * 28),
        f"Rides.{'q' * 28}",
        "67 characters with a stage of 32",
        "name by 3",
    ),
    "a long consumer that answers": (
        rides(Consumer("q" * 26, accepts=(Book,), invocable=(Book,))),
        f"Rides.{'q' * 26}",
        "65 characters with a stage of 32",
        "name by 1",
    ),
    # numbers
    "no time for an answer": (sized(timeout=0), "Rides.quote", "timeout is 0", "from 1 to 900"),
    "much time for an answer": (sized(timeout=901), "Rides.quote", "is 901", "from 1 to 900"),
    "little memory for an answer": (sized(memory=127), "Rides.quote", "is 127", "from 128"),
    "much memory for an answer": (sized(memory=10_241), "Rides.quote", "10241", "to 10240"),
    "an authorizer without time": (
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
    "a long memory of answers": (
        guarding("GET /rides", cache=3_601),
        "Rides.api.authorizer",
        "cache is 3601",
        "from 0 to 3600",
    ),
    "a negative memory of answers": (
        guarding("GET /rides", cache=-1),
        "Rides.api.authorizer",
        "cache is -1",
        "from 0 to 3600",
    ),
    "a long preflight": (
        shared_with("*", max_age=86_401),
        "Rides.api.cors",
        "max_age is 86401",
        "from -1 to 86400",
    ),
    "a preflight before its time": (
        shared_with("*", max_age=-2),
        "Rides.api.cors",
        "max_age is -2",
        "from -1",
    ),
    # calls
    "a call by GET": (calling("GET /quote"), "Rides.api", "no route for a command", "POST /quote"),
    "a call with a parameter": (
        calling("POST /quote/{id}"),
        "Rides.api",
        "'POST /quote/{id}' is no route for a command",
        "without parameters",
    ),
    "a call of all paths": (
        calling("POST /{all+}"),
        "Rides.api",
        "no route for a command",
        "without parameters",
    ),
    "a route and a call": (
        rides(
            functions=(QUOTE,), api=Api(("POST /quote", "GET /"), commands={"POST /quote": Quote})
        ),
        "Rides.api",
        "two routes are POST /quote",
        "leave one",
    ),
    "a call that another service answers": (
        system(
            Service(name="Shop", api=Api((), commands={"POST /quote": Quote})),
            Service(name="Rides", functions=(QUOTE,)),
        ),
        "Shop.api",
        "no function of Shop answers Quote",
        "add it to `answers`",
    ),
    "a call that the queue takes": (
        rides(TASKS, api=Api((), commands={"POST /book": Book})),
        "Rides.api",
        "no function of Rides answers Book",
        "add it to `answers`",
    ),
    "a call that takes too long": (
        calling("POST /quote", function=Function("quote", invocable=(Quote,), timeout=31)),
        "Rides.quote",
        "timeout is 31, the API that calls it waits 30 s",
        "at most 30",
    ),
    "a call of a slow consumer": (
        rides(
            Consumer("tasks", accepts=(Book,), invocable=(Book,), timeout=60),
            api=Api((), commands={"POST /book": Book}),
        ),
        "Rides.tasks",
        "timeout is 60",
        "a Function of its own",
    ),
    # guards
    "an authorizer of nothing": (
        guarding(),
        "Rides.api.authorizer",
        "it guards no route",
        "or remove the authorizer",
    ),
    "an authorizer of another route": (
        guarding("GET /rides", "POST /rides"),
        "Rides.api.authorizer",
        "'POST /rides' is no route of the API",
        "one that it has: GET /rides, POST /quote",
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


@pytest.mark.parametrize(("broken", "place", "text", "fix"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_names_place_and_fix(broken: System, place: str, text: str, fix: str) -> None:
    (problem,) = problems(broken)

    assert problem.place == place
    assert text in problem.text
    assert fix in problem.fix


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

    assert problem.place == "Rides.api.cors"
    assert problem.text == f"{origin!r} is no origin"


# Every new word, in maps that keep the rules.
FINE: dict[str, System] = {
    "a command that one service sends and another accepts": sending(Book),
    "a command that nobody in the map sends": rides(TASKS),
    "a command to its own MsgIn": rides(TASKS, sends=(Book,)),
    "a command that two services accept": system(
        Service(name="Shop", sends=(Book,)),
        Service(name="Rides", consumers=(TASKS,)),
        Service(name="Boats", consumers=(TASKS,)),
    ),
    "a command that is queued and answered by one function": rides(
        Consumer("tasks", accepts=(Book,), invocable=(Book, Quote)), invokes=(Book, Quote)
    ),
    "a command that two services answer": system(
        Service(name="Shop", invokes=(Quote,)),
        Service(name="Rides", functions=(QUOTE,)),
        Service(name="Boats", functions=(QUOTE,)),
    ),
    "a command taken by one consumer and accepted by another": rides(
        TASKS, Consumer("later", accepts_enqueued=(Book,))
    ),
    "units of work in order behind no topic": rides(
        Consumer("tasks", accepts_enqueued=(Move,), fifo=True)
    ),
    "answers without a request of the service": asking(
        Consumer("answers", replies_from=(On(Quoted),))
    ),
    "answers filtered on three attributes": asking(
        Consumer(
            "answers",
            replies_from=(
                On(Booked, where={"fare": absent(), "vip": exists(), "from": prefix("O")}),
            ),
        )
    ),
    "answers and news of one publisher": asking(
        Consumer("rides", listens_to=(On(Booked),), replies_from=(On(Quoted),))
    ),
    "answers of its own service": rides(
        Consumer("answers", replies_from=(On(Quoted),)), publishes=(Quoted,)
    ),
    "answers in order": system(
        Service(name="Rides", fifo=True, publishes=(MOVED,)),
        Service(
            name="Shop",
            consumers=(Consumer("answers", replies_from=(On(MOVED),), fifo=True),),
        ),
    ),
    "answers within a time limit": asking(
        Consumer("answers", replies_from=(On(Quoted),), guarantee=ONCE),
        Consumer("late", accepts_enqueued=(RequestTimedOut,), guarantee=ONCE),
        Consumer("news", listens_to=(On(Booked),)),
    ),
    "answers and time limits in one queue": asking(
        Consumer(
            "answers",
            replies_from=(On(Quoted),),
            accepts_enqueued=(RequestTimedOut,),
            guarantee=ONCE,
        )
    ),
    "time limits of one service and answers of another": system(
        Service(name="Rides", publishes=(Quoted,)),
        Service(name="Shop", consumers=(Consumer("answers", replies_from=(On(Quoted),)),)),
        Service(
            name="Boats",
            consumers=(Consumer("late", accepts_enqueued=(RequestTimedOut,), guarantee=ONCE),),
        ),
    ),
    "the longest name of a function": functions("q" * 25),
    "a long consumer that others do not invoke": functions(consumers=("q" * 60,)),
    "the smallest function": sized(timeout=1, memory=128),
    "the largest function": sized(timeout=900, memory=10_240),
    "the longest call": calling(
        "POST /", "POST /a-b/c.d", function=Function("quote", invocable=(Quote,), timeout=30)
    ),
    "a call of a consumer with the default timeout": rides(
        Consumer("tasks", accepts=(Book,), invocable=(Book,)),
        api=Api((), commands={"POST /book": Book}),
    ),
    "a slow function that no API calls": rides(
        functions=(QUOTE, Function("report", invocable=(Book,), timeout=900)),
        api=Api((), commands={"POST /quote": Quote}),
    ),
    "an authorizer of a route and a call": guarding("GET /rides", "POST /quote"),
    "an authorizer that is asked each time": guarding("GET /rides", cache=0, timeout=1),
    "an authorizer that is asked seldom": guarding("GET /rides", cache=3_600, timeout=10),
    "every origin": shared_with("*", max_age=-1),
    "some origins": shared_with(
        "https://app.example.com", "http://localhost:3000", "http://127.0.0.1", max_age=86_400
    ),
}


@pytest.mark.parametrize("fine", FINE.values(), ids=FINE)
def test_a_map_within_the_rules_has_no_problems(fine: System) -> None:
    assert problems(fine) == []


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ({"sends": (Quote,)}, "add it to `accepts` of a consumer of CustomerLoyalty"),
        ({"invokes": (Quote,)}, "add it to `answers` of a function of CustomerLoyalty"),
    ],
    ids=["sends", "invokes"],
)
def test_the_owner_of_an_unknown_command_is_suggested_by_its_module(
    options: dict[str, Any], fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quote, "__module__", "contracts.customer_loyalty")
    shop = Service(name="Shop", **options)

    (problem,) = problems(system(shop, Service(name="CustomerLoyalty")))

    assert problem.fix == fix


def test_a_command_by_two_ways_is_no_matter_of_filters() -> None:
    (problem,) = problems(rides(Consumer("rides", accepts=(Book,), accepts_enqueued=(Book,))))

    assert problem.fix == "name it once"


NAMED: dict[str, System] = {
    "published": rides(publishes=(Booked,)),
    "sent": rides(sends=(Book,)),
    "invoked": rides(invokes=(Book,)),
    "answered": rides(functions=(Function("book", invocable=(Book,)),)),
    "accepted": rides(TASKS),
    "heard": rides(Consumer("a", listens_to=(On(Booked),))),
    "heard as an answer": rides(Consumer("a", replies_from=(On(Booked),))),
    "taken": rides(Consumer("a", accepts_enqueued=(Book,))),
    "answered by a consumer": rides(Consumer("a", invocable=(Book,))),
    "called": rides(api=Api((), commands={"POST /book": Book})),
}


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
def test_the_rules_on_messages_see_one_wherever_the_map_names_it(named: System) -> None:
    (found,) = messages(named)

    assert found in (Book, Booked)
