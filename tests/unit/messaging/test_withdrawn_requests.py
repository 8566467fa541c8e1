"""A request that did not leave has no time-out, whichever call fails; any other one ends once."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import msgspec
import pytest

from contracts import RequestTimedOut
from messaging import ApiContext, PublishFailed
from messaging.aws import clients as aws
from messaging.sending.outgoing import derived_id
from messaging.settings import settings
from messaging.testing import ConsumerHarness, Message, Sender, record, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Killed
from tests.unit.messaging.failing_calls import (
    FAULTS,
    ITEM,
    NOTICE,
    REQUEST,
    FailingCalls,
    Fault,
)
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.requesting_service import (
    LIMIT,
    ReserveStock,
    Shop,
    reply,
    reserve,
    shop_on,
)

Faults = Mapping[int, Fault]


@pytest.fixture
def harness(make_harness: Callable[..., ConsumerHarness]) -> ConsumerHarness:
    """A service `Test` that requests stock with time limits; copies are handled twice."""
    return shop_on(make_harness, guarantee="at-least-once")


def one_or_two_faults() -> Iterator[Faults]:
    """Return every way in which a call of the first try, and the withdrawal after it, may fail."""
    yield {}
    yield from ({call: fault} for call in (ITEM, NOTICE, REQUEST) for fault in FAULTS)
    survived = [fault for fault in FAULTS if not fault.startswith("killed")]
    for call, fault, then in itertools.product((NOTICE, REQUEST), survived, FAULTS):
        yield {call: fault, call + 1: then}


class Trial:
    """An order whose handler sends a request; calls of the first try fail."""

    numbers = itertools.count()

    def __init__(self, harness: ConsumerHarness) -> None:
        """Start with an order of its own."""
        self._harness, self.shop = harness, Shop(reserve)
        self.order = f"order-{next(self.numbers)}"
        self._known = len(harness.requeued())
        self._noticed = set[str]()
        self._next = sent(OrderPlaced(id=self.order), Header(id=self.order))
        self.repeated = False

    def run(self, faults: Faults | None = None) -> None:
        """Run the handler of the order, with failing calls."""
        copies = len(self._copies(OrderPlaced.msg_tag))
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            FailingCalls(faults or {}, patch)
            self.repeated = True
            self.shop.receive([self._next])
            self.repeated = len(self._copies(OrderPlaced.msg_tag)) > copies
        if len(self._copies(OrderPlaced.msg_tag)) > copies:
            copy = self._copies(OrderPlaced.msg_tag)[-1]
            self._next = record(copy["Body"], copy["MessageAttributes"])

    def time_passes(self) -> None:
        """Deliver the time-outs that have left, each once."""
        for notice in self._copies(RequestTimedOut.msg_tag):
            if notice.id not in self._noticed:
                self._noticed.add(notice.id)
                self.shop.take(notice)

    def requests(self) -> int:
        """Return how often the request has left since the last call."""
        return len(self._harness.sent_to("Stock"))

    @property
    def timed_out(self) -> int:
        """How often the time-out was handled."""
        return len(self.shop.timed_out)

    def _copies(self, tag: str) -> list[Message]:
        return [each for each in self._harness.requeued()[self._known :] if each.tag == tag]


@pytest.mark.parametrize("retry", ["before the limit", "after the limit"])
def test_whichever_calls_fail_a_request_of_a_consumer_ends_once(
    harness: ConsumerHarness, retry: str
) -> None:
    for faults in one_or_two_faults():
        trial = Trial(harness)
        trial.run(faults)
        left = trial.requests()
        if retry == "after the limit":
            trial.time_passes()
        early = trial.timed_out
        if trial.repeated:
            trial.run()
            assert not trial.repeated, (faults, "the second try succeeds")
            assert trial.requests() == (0 if early else 1), (faults, "it has ended, or it leaves")
        else:
            assert left == 1, faults
        trial.time_passes()

        assert trial.timed_out == 1, faults
        if _did_not_leave(faults):
            assert early == 0, (faults, "the time-out of a request that never left")
    assert harness.dead_letters() == []


def _did_not_leave(faults: Faults) -> bool:
    """Whether the first try knows that the request did not leave, and can withdraw it."""
    failed = min(faults, default=REQUEST)
    known = faults.get(failed) == "refused" or (
        failed in (ITEM, NOTICE) and str(faults.get(failed)).startswith("lost")
    )
    # The call after the failed one withdraws the request; without an item there is no time-out.
    withdrawn = failed == ITEM or failed + 1 not in faults
    return known and withdrawn


def test_whichever_calls_fail_an_api_knows_what_it_has_announced(harness: ConsumerHarness) -> None:
    for faults in one_or_two_faults():
        trial = Trial(harness)
        try:
            with pytest.MonkeyPatch.context() as patch:
                FailingCalls(faults, patch)
                api_request()
            outcome = "sent"
        except PublishFailed as error:
            outcome = "may have left" if error.may_have_left else "did not leave"
        except Killed:
            outcome = "killed"
        left = trial.requests()
        trial.time_passes()

        if outcome == "sent":
            assert (left, trial.timed_out) == (1, 1), faults
        if outcome == "did not leave":
            assert left == 0, faults
            assert trial.timed_out == 0 or not _did_not_leave(faults), faults
        if outcome == "may have left":
            assert trial.timed_out == 1, (faults, "the request may have left")
        if outcome == "killed":
            assert left <= trial.timed_out <= 1, faults


def api_request(message_id: str | None = None) -> str:
    """Send a request as a handler of an HTTP API does."""
    context = ApiContext(request_id="r", correlation_id="c", path={})
    return context.request(
        ReserveStock(order="1"), to="Stock", timeout=LIMIT, message_id=message_id
    )


def test_a_retry_after_the_limit_sends_the_request_with_a_limit_of_its_own(
    harness: ConsumerHarness,
) -> None:
    trial = Trial(harness)
    trial.run({REQUEST: "refused"})
    trial.time_passes()
    trial.run()

    (request,) = harness.sent_to("Stock")
    trial.shop.receive([reply(request.id, "a")])
    trial.time_passes()

    assert trial.shop.kinds == ["reply"]
    assert harness.dead_letters() == []


def test_a_request_that_fails_twice_times_out_once(harness: ConsumerHarness) -> None:
    trial = Trial(harness)
    for _ in range(2):
        trial.run({REQUEST: "refused"})
    trial.run()
    trial.time_passes()

    assert trial.requests() == 1
    assert trial.timed_out == 1


@pytest.mark.parametrize("fault", ["lost before", "lost after"])
def test_a_request_that_may_have_left_keeps_its_first_limit(
    harness: ConsumerHarness, fault: Fault
) -> None:
    trial = Trial(harness)
    trial.run({REQUEST: fault})
    trial.run({REQUEST: "refused"})
    trial.run({REQUEST: "refused"})
    trial.time_passes()

    assert trial.timed_out == 1
    assert trial.requests() == (1 if fault == "lost after" else 0)


def test_a_client_that_repeats_a_refused_request_opens_it_again(harness: ConsumerHarness) -> None:
    trial = Trial(harness)
    with pytest.MonkeyPatch.context() as patch:
        FailingCalls({REQUEST: "refused"}, patch)
        with pytest.raises(PublishFailed, match="Throttled"):
            api_request("key")
    trial.time_passes()
    assert trial.timed_out == 0

    assert api_request("key") == "key"
    trial.time_passes()
    assert (trial.requests(), trial.timed_out) == (1, 1)


def test_a_request_that_leaves_writes_its_item_once(
    harness: ConsumerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = FailingCalls({}, monkeypatch)
    api_request()
    assert calls.made == 3


# Items of version 0.2.0: they have neither `withdrawn` nor `notice`.


@pytest.mark.parametrize(
    ("status", "replies", "handled"),
    [
        ("open", 0, ["time-out", "time-out"]),
        ("open", 1, ["reply"]),
        ("timed out", 1, ["time-out", "time-out"]),
    ],
)
def test_an_item_of_version_0_2_is_read(
    harness: ConsumerHarness, status: str, replies: int, handled: list[str]
) -> None:
    put_old_item("old", status)
    shop = Shop(reserve)
    shop.receive([reply("old", str(n)) for n in range(replies)])

    for _ in range(2):
        # Handled twice, as any message of a consumer without a guarantee.
        shop.receive([old_notice("old")])

    assert shop.kinds == handled


def test_a_request_of_version_0_2_is_sent_again(harness: ConsumerHarness) -> None:
    put_old_item("old", "open")
    trial = Trial(harness)

    api_request("old")
    trial.shop.receive([old_notice("old")])
    trial.time_passes()

    assert (trial.requests(), trial.timed_out) == (1, 1)


def put_old_item(request_id: str, status: str) -> None:
    """Write the item of an open request as version 0.2.0 did."""
    aws.client("dynamodb").put_item(
        TableName=settings().requests_table,
        Item={
            "id": {"S": request_id},
            "status": {"S": status},
            "expected": {"N": "1"},
            "expires": {"N": "4102444800"},
        },
    )


def old_notice(request_id: str) -> dict[str, object]:
    """Return the record of a time-out as version 0.2.0 sent it."""
    notice = RequestTimedOut(
        request_id=request_id,
        request_tag=ReserveStock.msg_tag,
        timeout=LIMIT,
        request=msgspec.Raw(b'{"order":"1"}'),
    )
    return sent(notice, Header(id=derived_id(request_id, "timed out")), sender=Sender.CONSUMER)
