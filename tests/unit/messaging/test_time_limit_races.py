"""Replies and time-outs in any order, failing or received twice: DynamoDB decides once."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings as examples, strategies as st

from contracts import RequestTimedOut
from messaging import ApiContext
from messaging.testing import ConsumerHarness, Sender, record, sent
from messaging.wire.header import Header
from tests.unit.messaging.requesting_service import LIMIT, OffersWanted, Shop, reply, shop_on

# Returns a number below the given one.
Choose = Callable[[int], int]
# The name of a reply, and its responder.
Reply = tuple[str, str]
TIME_OUT = "time-out"


class Race:
    """The replies to one request and its time-out, some of them twice, delivered in any order. A
    message whose handler fails is delivered again.
    """

    def __init__(self, harness: ConsumerHarness, expected: int, replies: Iterable[Reply]) -> None:
        """Expect `expected` replies; TIME_OUT among `replies` is the time-out."""
        self.shop, self._harness = Shop(late=True), harness
        context = ApiContext(request_id="r", correlation_id="c", path={})
        wanted = OffersWanted(order="1")
        self._request = context.publish_request(wanted, expected_replies=expected, timeout=LIMIT)
        self._notice = harness.requeued()[-1]
        self._left = [(name, self._record(name, who)) for name, who in replies]
        # The names in the order in which they were first received.
        self.received: list[str] = []

    def run(self, choose: Choose) -> None:
        """Deliver until nothing is left."""
        while self._left:
            name, received = self._left.pop(choose(len(self._left)))
            if name not in self.received:
                self.received.append(name)
            known = len(self._harness.requeued())
            self.shop.receive([received])
            for copy in self._harness.requeued()[known:]:
                self._left.append(
                    (name, record(copy["Body"], copy["MessageAttributes"], sender=Sender.CONSUMER))
                )

    @property
    def handled(self) -> list[tuple[str, str]]:
        """The kinds and names of the handled messages."""
        names = {self._notice.id: TIME_OUT}
        return [
            (kind, names.get(id_) or id_.rpartition("/")[2]) for kind, id_, _ in self.shop.handled
        ]

    def _record(self, name: str, who: str) -> dict[str, Any]:
        if name == TIME_OUT:
            notice = self._notice.read(RequestTimedOut)
            return sent(notice, Header(id=self._notice.id), sender=Sender.CONSUMER)
        return reply(self._request, f"{self._request}/{name}", who)


def in_every_order(run: Callable[[Choose], None]) -> int:
    """Run with every possible sequence of choices; return their number."""
    path: list[int] = []
    for count in itertools.count(1):
        taken: list[tuple[int, int]] = []

        def choose(options: int, path: list[int] = path, taken: list[Any] = taken) -> int:
            choice = path[len(taken)] if len(taken) < len(path) else 0
            taken.append((choice, options))
            return choice

        run(choose)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return count
        path = [*(choice for choice, _ in taken[:-1]), taken[-1][0] + 1]
    raise AssertionError("counting does not end")


@pytest.fixture
def harness(make_harness: Callable[..., ConsumerHarness]) -> ConsumerHarness:
    return shop_on(make_harness, publishes=(OffersWanted,))


FIRST, OTHER = ("a", "A"), (TIME_OUT, "")


@pytest.mark.parametrize(
    ("messages", "failures", "orders"),
    [
        pytest.param((FIRST, OTHER), (0, 0), 2, id="both succeed"),
        pytest.param((FIRST, OTHER), (2, 0), 4, id="the reply fails twice"),
        pytest.param((FIRST, OTHER), (0, 2), 4, id="the time-out fails twice"),
        pytest.param((FIRST, OTHER), (2, 2), 6, id="both may fail twice"),
        pytest.param((FIRST, FIRST, OTHER, OTHER), (0, 0), 24, id="both are received twice"),
        pytest.param(
            (FIRST, FIRST, OTHER, OTHER), (1, 1), 96, id="both are received twice and fail"
        ),
    ],
)
def test_the_first_one_is_handled_once_and_the_other_one_is_not(
    harness: ConsumerHarness, messages: Sequence[Reply], failures: tuple[int, int], orders: int
) -> None:
    def race(choose: Choose) -> None:
        one = Race(harness, 1, messages)
        one.shop.failures["reply"], one.shop.failures[TIME_OUT] = failures
        one.run(choose)

        first = one.received[0]
        late = [("late", "a")] if first == TIME_OUT else []
        assert sorted(one.handled) == sorted([(_kind(first), first), *late])

    assert in_every_order(race) == orders


def test_without_idempotency_copies_of_the_first_one_are_handled_and_the_other_one_is_not(
    make_harness: Callable[..., ConsumerHarness],
) -> None:
    harness = shop_on(make_harness, publishes=(OffersWanted,), guarantee="at-least-once")

    def race(choose: Choose) -> None:
        one = Race(harness, 1, (FIRST, FIRST, OTHER, OTHER))
        one.run(choose)
        first = one.received[0]
        assert [each for each in one.handled if each[0] != "late"] == [(_kind(first), first)] * 2

    assert in_every_order(race) == 24


def _kind(name: str) -> str:
    return TIME_OUT if name == TIME_OUT else "reply"


def expected_results(
    expected: int, received: Sequence[str], who: dict[str, str]
) -> set[tuple[str, str]]:
    """Return what is handled if the messages are received in this order: the rule as code."""
    responders, over, found = set[str](), False, set[tuple[str, str]]()
    for name in received:
        is_open = not over and len(responders) < expected
        if name == TIME_OUT:
            over = over or is_open
            found |= {(TIME_OUT, name)} if is_open else set()
        elif is_open:
            responders.add(who[name])
            found.add(("reply", name))
        else:
            found.add(("late", name))
    return found


repliers = st.dictionaries(st.sampled_from("abcde"), st.sampled_from("ABC"), max_size=5)


@given(data=st.data(), expected=st.integers(1, 3), who=repliers)
@examples(
    max_examples=40,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_search_times_out_unless_all_replies_were_received_before(
    harness: ConsumerHarness,
    data: st.DataObject,
    expected: int,
    who: dict[str, str],
) -> None:
    names = [*who, TIME_OUT]
    twice = data.draw(st.lists(st.sampled_from(names), max_size=2), label="copies")
    race = Race(harness, expected, [(name, who.get(name, "")) for name in [*names, *twice]])
    for kind in ("reply", "late", TIME_OUT):
        race.shop.failures[kind] = data.draw(st.integers(0, 2), label=f"failures: {kind}")

    race.run(lambda options: data.draw(st.integers(0, options - 1), label="next"))

    assert len(race.handled) == len(set(race.handled)), "each at most once"
    assert set(race.handled) == expected_results(expected, race.received, who)
