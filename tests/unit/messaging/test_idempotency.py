"""A message that comes twice is handled once, whatever fails and whenever the process dies."""

import itertools
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ReadTimeoutError

from messaging import Consumer, Context, Reject, Retry
from messaging.aws import clients as aws
from messaging.consumer.intake import idempotency_table
from messaging.limits import MAX_QUEUE_BYTES
from messaging.policy import Guarantee, RetryPolicy
from messaging.settings import settings
from messaging.testing import (
    ConsumerHarness,
    FakeLambdaContext,
    Sender,
    event,
    record,
    sent,
)
from messaging.testing.events import from_sender, state
from messaging.wire.encoding import text
from messaging.wire.header import Header
from tests.unit.messaging.doubles import (
    Calls,
    Killed,
    accept,
    consumer_that,
    fail,
    instead,
    item_key,
    without_delays,
)
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
SAME = item_key("same")
LEASE: Guarantee = "lease"
COMPLETION: Guarantee = "completion"
both = pytest.mark.parametrize(
    "guarantee", [pytest.param(LEASE, id="lease"), pytest.param(COMPLETION, id="completion")]
)


def items(harness: ConsumerHarness) -> dict[str, dict[str, Any]]:
    """What the table remembers, by key."""
    found = aws.client("dynamodb").scan(TableName=harness.table)["Items"]
    return {item["id"]["S"]: item for item in found}


def remember(
    harness: ConsumerHarness,
    key: str,
    status: str,
    *,
    lease: float = 0,
    ends: float = 60,
    owner: str = "other",
) -> None:
    """Write an item as another invocation would; `lease` and `ends` in seconds from now."""
    item = {
        "owner": {"S": owner},
        "id": {"S": key},
        "status": {"S": status},
        "lease": {"N": str(int(time.time() + lease))},
        "expires": {"N": str(int(time.time() + ends))},
    }
    aws.client("dynamodb").put_item(TableName=harness.table, Item=item)


def noting(seen: list[str]) -> Consumer:
    return consumer_that(lambda order, _: seen.append(order.id))


# What comes twice.


@both
def test_a_message_that_was_handled_before_is_skipped(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness, seen = make_harness(guarantee=guarantee), list[str]()
    for _ in range(2):
        harness.send(OrderPlaced(id="1"), Header(id="same"))
        harness.deliver(noting(seen))

    assert seen == ["1"]
    assert harness.visible_messages() == harness.dead_letters() == []
    assert items(harness)[SAME]["status"] == {"S": "done"}


@both
def test_a_copy_in_the_same_batch_waits_and_is_skipped_then(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness, seen = make_harness(guarantee=guarantee), list[str]()
    for _ in range(2):
        harness.send(OrderPlaced(id="1"), Header(id="same"))

    harness.deliver(noting(seen))

    assert seen == ["1"]
    assert [(copy.attempt, copy.delay) for copy in harness.requeued()] == [(1, 1)]


def test_a_copy_that_meets_a_running_claim_looks_again_and_costs_no_attempt(
    make_harness: MakeHarness,
) -> None:
    """Most handlers are done long before the end of the lease."""
    harness, seen = make_harness(guarantee=LEASE), list[str]()
    remember(harness, SAME, "claimed", lease=40)
    copy = sent(OrderPlaced(id="1"), Header(id="same"))
    looks = []

    for _ in range(8):
        noting(seen)(event(copy), FakeLambdaContext())
        requeued = harness.requeued()[-1]
        looks.append((requeued.attempt, requeued.delay))
        copy = record(requeued["Body"], requeued["MessageAttributes"], sender=Sender.CONSUMER)

    assert seen == []
    assert looks[:6] == [(1, 1), (1, 2), (1, 4), (1, 8), (1, 16), (1, 32)]
    assert {attempt for attempt, _ in looks} == {1}
    assert all(38 <= delay <= 40 for _, delay in looks[6:]), "until the end of the lease"
    assert items(harness)[SAME]["status"] == {"S": "claimed"}, "it is not ours to give up"


def test_a_copy_is_skipped_soon_after_the_handler_is_done(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(guarantee=LEASE), list[str]()
    remember(harness, SAME, "claimed", lease=40)
    harness.send(OrderPlaced(id="1"), Header(id="same"))
    harness.deliver(noting(seen))
    remember(harness, SAME, "done")

    (copy,) = harness.requeued()
    harness.put(copy["Body"], copy["MessageAttributes"])
    harness.deliver(noting(seen))

    assert seen == []
    assert len(harness.requeued()) == 1


@pytest.mark.parametrize(
    ("looks", "delay"), [("0", 1), ("3", 8), ("9", 512), ("1" + "0" * 40, 512)]
)
def test_no_wait_is_longer_than_nine_minutes(
    make_harness: MakeHarness, looks: str, delay: int
) -> None:
    harness = make_harness(guarantee=LEASE)
    remember(harness, SAME, "claimed", lease=980)
    past = f'{{"attempt":2,"firstreceived":"2026-01-01T00:00:00Z","looks":{looks}}}'
    attributes = from_sender(OrderPlaced(id="1"), Header(id="same")).attributes
    copy = record('{"id":"1"}', {**attributes, "retry": text(past)}, sender=Sender.CONSUMER)

    consumer_that(fail)(event(copy), FakeLambdaContext())

    (again,) = harness.requeued()
    assert (again.attempt, again.delay) == (2, delay)


def test_a_failed_attempt_begins_to_count_its_looks_anew(make_harness: MakeHarness) -> None:
    harness = make_harness(guarantee=LEASE)
    past = '{"attempt":1,"firstreceived":"2026-01-01T00:00:00Z","looks":4}'
    attributes = from_sender(OrderPlaced(id="1")).attributes

    consumer_that(fail)(
        event(record('{"id":"1"}', {**attributes, "retry": text(past)}, sender=Sender.CONSUMER)),
        FakeLambdaContext(),
    )

    (again,) = harness.requeued()
    assert "looks" not in state(again["MessageAttributes"]["retry"])


def test_a_message_whose_copy_would_not_fit_waits_once(make_harness: MakeHarness) -> None:
    """It stays in its queue, where each receive counts as an attempt."""
    harness = make_harness(guarantee=LEASE)
    remember(harness, SAME, "claimed", lease=300)
    large = {**from_sender(OrderPlaced(id="1"), Header(id="same")).attributes}
    body = f'{{"id":"1","more":"{"x" * (MAX_QUEUE_BYTES - 1_000)}"}}'
    calls = Calls("sqs")

    consumer_that(fail)(event(record(body, large)), FakeLambdaContext())

    (change,) = calls.of("ChangeMessageVisibilityBatch")
    assert 298 <= change["Entries"][0]["VisibilityTimeout"] <= 300


@pytest.mark.parametrize(
    ("guarantee", "status", "lease", "ends"),
    [
        pytest.param(LEASE, "claimed", -2, 60, id="the process that claimed it died"),
        pytest.param(LEASE, "claimed", 60, -2, id="a claim that is forgotten"),
        pytest.param(LEASE, "claimed", 1_100, 2_000, id="a claim of a clock hours ahead"),
        pytest.param(LEASE, "claimed", -9_000, 2_000, id="a claim of a clock hours behind"),
        pytest.param(LEASE, "done", 0, -2, id="done long ago"),
        pytest.param(COMPLETION, "done", 0, -2, id="done long ago, completion"),
    ],
)
def test_a_message_is_handled_once_nobody_answers_for_it(
    make_harness: MakeHarness, guarantee: Guarantee, status: str, lease: float, ends: float
) -> None:
    harness, seen = make_harness(guarantee=guarantee), list[str]()
    remember(harness, SAME, status, lease=lease, ends=ends)
    harness.send(OrderPlaced(id="1"), Header(id="same"))

    harness.deliver(noting(seen))

    assert seen == ["1"]
    assert items(harness)[SAME]["status"] == {"S": "done"}


@both
def test_what_is_done_is_remembered_for_as_long_as_the_policy_says(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    window = 5 * 86_400
    harness = make_harness(guarantee=guarantee, deduplication_window=window)
    harness.send(OrderPlaced(id="1"))

    harness.deliver(consumer_that(accept))

    (item,) = items(harness).values()
    assert abs(int(item["expires"]["N"]) - time.time() - window) < 5


def test_a_lease_outlives_its_invocation_by_a_minute_and_little_more(
    make_harness: MakeHarness,
) -> None:
    harness, leases = make_harness(guarantee=LEASE), list[float]()

    def look(*_: object) -> None:
        (item,) = items(harness).values()
        leases.append(int(item["lease"]["N"]) - time.time())

    harness.send(OrderPlaced(id="1"))
    harness.deliver(consumer_that(look), seconds=20)

    assert 20 + 60 < leases[0] <= 20 + 66


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Set the clock of this host `seconds` ahead."""
    monkeypatch.setattr(
        idempotency_table, "time", SimpleNamespace(time=lambda: time.time() + seconds)
    )


@pytest.mark.parametrize("timeout", [2, 30, 900])
@pytest.mark.parametrize("skew", [-60, 60])
def test_a_claim_holds_on_hosts_whose_clocks_differ_by_a_minute(
    make_harness: MakeHarness, monkeypatch: pytest.MonkeyPatch, skew: float, timeout: float
) -> None:
    """Until the end of the invocation, whose last second is the worst."""
    make_harness(guarantee=LEASE)
    runs: list[str] = []
    copy = event(sent(OrderPlaced(id="1"), Header(id="same")))

    def handle(order: OrderPlaced, _: Context) -> None:
        runs.append(order.id)
        if len(runs) == 1:
            for passed in (0, timeout):
                at(monkeypatch, skew + passed)
                consumer(copy, FakeLambdaContext(timeout))

    consumer = consumer_that(handle)
    consumer(copy, FakeLambdaContext(timeout))

    assert runs == ["1"]


# What is not done.


def release(harness: ConsumerHarness) -> None:
    """Deliver when there is no time left."""
    harness.deliver(consumer_that(fail), seconds=0.3)


def refuse(*_: object) -> None:
    raise Reject("no")


def later(*_: object) -> None:
    raise Retry(delay=5)


@pytest.mark.parametrize(
    "deliver",
    [
        pytest.param(lambda harness: harness.deliver(consumer_that(fail)), id="failure"),
        pytest.param(lambda harness: harness.deliver(consumer_that(refuse)), id="reject"),
        pytest.param(lambda harness: harness.deliver(consumer_that(later)), id="retry"),
        pytest.param(release, id="release"),
    ],
)
def test_the_claim_on_a_message_that_is_not_done_is_given_up(
    make_harness: MakeHarness, deliver: Callable[[ConsumerHarness], None]
) -> None:
    harness = make_harness(guarantee=LEASE)
    calls = Calls("dynamodb")
    harness.send(OrderPlaced(id="1"))

    deliver(harness)

    assert calls.names == ["PutItem", "DeleteItem"]
    assert items(harness) == {}


class Takeover:
    """A handler that another invocation overtakes: its claim ended although it runs."""

    def __init__(self, harness: ConsumerHarness, status: str, end: Callable[..., None]) -> None:
        self._harness, self._status, self._end = harness, status, end

    def __call__(self, *_: object) -> None:
        remember(self._harness, SAME, self._status, lease=40, owner="another")
        self._end()


@pytest.mark.parametrize("status", ["claimed", "done"])
@pytest.mark.parametrize("end", [fail, refuse, later])
def test_a_claim_that_another_has_now_is_not_given_up(
    make_harness: MakeHarness, status: str, end: Callable[..., None]
) -> None:
    harness = make_harness(guarantee=LEASE)
    harness.send(OrderPlaced(id="1"), Header(id="same"))

    harness.deliver(consumer_that(Takeover(harness, status, end)))

    assert items(harness)[SAME]["owner"] == {"S": "another"}
    assert items(harness)[SAME]["status"] == {"S": status}


def test_what_is_done_is_noted_whoever_has_the_claim_now(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(guarantee=LEASE), list[str]()
    harness.send(OrderPlaced(id="1"), Header(id="same"))
    harness.deliver(consumer_that(Takeover(harness, "claimed", accept)))

    harness.send(OrderPlaced(id="1"), Header(id="same"))
    harness.deliver(noting(seen))

    assert (seen, items(harness)[SAME]["status"]) == ([], {"S": "done"})


def test_a_failure_does_not_undo_what_another_invocation_has_done(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(guarantee=LEASE)
    copy = event(sent(OrderPlaced(id="1"), Header(id="same")))

    def overtaken(*_: object) -> None:
        remember(harness, SAME, "claimed", lease=-5)
        consumer_that(accept)(copy, FakeLambdaContext())
        fail()

    consumer_that(overtaken)(copy, FakeLambdaContext())

    assert items(harness)[SAME]["status"] == {"S": "done"}


def test_claims_that_cannot_be_given_up_end_by_themselves(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = make_harness(guarantee=LEASE)
    instead("dynamodb", "delete_item", broken)
    harness.send(OrderPlaced(id="1"))

    response = harness.deliver(consumer_that(fail))

    assert response == {"batchItemFailures": []}
    assert [copy.attempt for copy in harness.requeued()] == [2]
    assert '"event":"not noted","items":1,"errorType":"ReadTimeoutError"' in capsys.readouterr().out


@both
def test_a_failed_message_is_handled_again_and_then_done(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness, attempts = make_harness(guarantee=guarantee), list[int]()

    def second_time_lucky(_: OrderPlaced, context: Context) -> None:
        attempts.append(context.attempt)
        if context.attempt == 1:
            fail()

    harness.send(OrderPlaced(id="1"))
    harness.run_until_idle(consumer_that(second_time_lucky))

    assert attempts == [1, 2]
    assert [item["status"]["S"] for item in items(harness).values()] == ["done"]


@both
def test_a_message_whose_own_messages_could_not_leave_is_not_done(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness = make_harness(guarantee=guarantee, publishes=(OrderPacked,))
    harness.use(msgspec.structs.replace(settings(), msg_out_arn=settings().msg_out_arn + "-gone"))
    harness.send(OrderPlaced(id="1"))

    harness.deliver(consumer_that(lambda _, context: context.publish(OrderPacked(id="1"))))

    assert items(harness) == {}
    assert [copy.attempt for copy in harness.requeued()] == [2]


# Keys.


@both
def test_two_messages_with_one_business_key_are_one(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness, seen = make_harness(guarantee=guarantee), list[str]()
    consumer = consumer_that(lambda order, _: seen.append(order.id), key=lambda order: order.id)

    for name in ("a", "a", "b"):
        harness.send(OrderPlaced(id=name))
        harness.deliver(consumer)

    assert seen == ["a", "b"]
    assert set(items(harness)) == {item_key("key", "a"), item_key("key", "b")}


def test_messages_of_two_kinds_may_have_the_same_business_key(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(guarantee=LEASE), list[str]()
    consumer = consumer_that(lambda *_: seen.append("placed"), key=lambda order: order.id)

    @consumer.on(OrderPacked, key=lambda order: order.id)
    def packed(order: OrderPacked, context: Context) -> None:
        seen.append("packed")

    harness.send(OrderPlaced(id="1"))
    harness.send(OrderPacked(id="1"))
    harness.deliver(consumer)

    assert sorted(seen) == ["packed", "placed"]


def test_a_handler_may_be_left_out(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(guarantee=LEASE), list[str]()
    calls = Calls("dynamodb")
    consumer = consumer_that(lambda order, _: seen.append(order.id), idempotent=False)
    for _ in range(2):
        harness.send(OrderPlaced(id="1"), Header(id="same"))

    harness.deliver(consumer)

    assert seen == ["1", "1"]
    assert calls.names == []


@both
def test_a_key_may_be_longer_than_dynamodb_takes_and_its_end_counts(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness, seen = make_harness(guarantee=guarantee), list[str]()
    consumer = consumer_that(lambda order, _: seen.append(order.id[-1]), key=lambda order: order.id)

    for last in "aab":
        harness.send(OrderPlaced(id="ß" * 5_000 + last))
        harness.deliver(consumer)

    assert seen == ["a", "b"]


def raise_lookup(order: OrderPlaced) -> str:
    raise LookupError(order.id)


@both
@pytest.mark.parametrize(
    ("key", "error"),
    [
        pytest.param(raise_lookup, "LookupError: bad", id="raises"),
        pytest.param(lambda _: "", "ValueError: the idempotency key", id="empty"),
        pytest.param(lambda _: None, "ValueError: the idempotency key", id="none"),
    ],
)
def test_a_message_without_a_key_fails_alone(
    make_harness: MakeHarness,
    guarantee: Guarantee,
    key: Callable[[OrderPlaced], str],
    error: str,
) -> None:
    harness, seen = make_harness(guarantee=guarantee), list[str]()
    consumer = consumer_that(
        lambda order, _: seen.append(order.id),
        key=lambda order: key(order) if order.id == "bad" else order.id,
    )
    harness.send(OrderPlaced(id="bad"))
    harness.send(OrderPlaced(id="good"))

    harness.deliver(consumer)

    assert seen == ["good"]
    (copy,) = harness.requeued()
    assert copy.attempt == 2
    assert (copy.error or "").startswith(error)


def test_a_record_that_cannot_be_read_needs_no_key(make_harness: MakeHarness) -> None:
    harness = make_harness(guarantee=LEASE)
    calls = Calls("dynamodb")
    harness.put("hello")

    harness.deliver(consumer_that(accept))

    assert len(harness.dead_letters()) == 1
    assert calls.names == []


# What it costs.


def write_units(calls: Calls) -> int:
    """The write units of the calls: an item under 1 KB is one."""
    written = [params["Item"] for params in calls.of("PutItem")]
    for params in calls.of("BatchWriteItem"):
        for requests in params["RequestItems"].values():
            written += [each["PutRequest"]["Item"] for each in requests if "PutRequest" in each]
    written += [{} for _ in calls.of("DeleteItem")]
    assert all(len(msgspec.json.encode(item)) < 1_024 for item in written)
    return len(written)


def test_a_lease_costs_two_write_units_a_message_and_one_call_for_all_completions(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(guarantee=LEASE)
    calls = Calls("dynamodb")

    consumer_that(accept)(
        event(*(sent(OrderPlaced(id=str(n))) for n in range(25))), FakeLambdaContext()
    )

    assert calls.names == ["PutItem"] * 25 + ["BatchWriteItem"]
    assert write_units(calls) == 50
    assert len(items(harness)) == 25


def test_completion_costs_one_read_and_one_write_unit_a_message(make_harness: MakeHarness) -> None:
    harness = make_harness(guarantee=COMPLETION)
    calls = Calls("dynamodb")

    consumer_that(accept)(
        event(*(sent(OrderPlaced(id=str(n))) for n in range(101))), FakeLambdaContext()
    )

    assert calls.names == ["BatchGetItem"] * 2 + ["BatchWriteItem"] * 5
    requests = [params["RequestItems"][harness.table] for params in calls.of("BatchGetItem")]
    assert [len(request["Keys"]) for request in requests] == [100, 1]
    assert all(request["ConsistentRead"] for request in requests)
    assert write_units(calls) == 101


def test_with_a_lease_a_failure_costs_two_write_units_too(make_harness: MakeHarness) -> None:
    harness = make_harness(guarantee=LEASE)
    calls = Calls("dynamodb")
    harness.send(OrderPlaced(id="1"))

    harness.deliver(consumer_that(fail))

    assert write_units(calls) == 2


def test_with_completion_a_failure_costs_no_write(make_harness: MakeHarness) -> None:
    harness = make_harness(guarantee=COMPLETION)
    calls = Calls("dynamodb")
    harness.send(OrderPlaced(id="1"))

    harness.deliver(consumer_that(fail))

    assert write_units(calls) == 0


def test_a_duplicate_costs_one_call_with_a_lease(make_harness: MakeHarness) -> None:
    harness = make_harness(guarantee=LEASE)
    remember(harness, SAME, "done")
    calls = Calls("dynamodb")
    harness.send(OrderPlaced(id="1"), Header(id="same"))

    harness.deliver(consumer_that(fail))

    assert calls.names == ["PutItem"]


def test_claims_are_made_at_the_same_time(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(guarantee=LEASE), list[str]()
    all_there = threading.Barrier(5)

    def together(**params: Any) -> Any:
        all_there.wait(10)
        return put_item(**params)

    put_item = instead("dynamodb", "put_item", together)
    for n in range(5):
        harness.send(OrderPlaced(id=str(n)))

    harness.deliver(noting(seen))

    assert sorted(seen) == ["0", "1", "2", "3", "4"]


# When the table fails.


def broken(**_: object) -> Any:
    raise ReadTimeoutError(endpoint_url="https://dynamodb")


@both
def test_while_the_table_fails_no_handler_runs_and_attempts_are_counted(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness = make_harness(guarantee=guarantee, retry=RetryPolicy(max_attempts=3, base=0))
    for operation in ("put_item", "batch_get_item"):
        instead("dynamodb", operation, broken)
    harness.send(OrderPlaced(id="1"))
    seen: list[str] = []

    batches = harness.run_until_idle(noting(seen))

    assert (seen, batches) == ([], 3)
    (letter,) = harness.dead_letters()
    assert letter.cause == "attempts"
    assert "ReadTimeoutError" in letter.reason


@both
def test_a_message_is_done_although_that_could_not_be_noted(
    make_harness: MakeHarness, guarantee: Guarantee, capsys: pytest.CaptureFixture[str]
) -> None:
    harness, seen = make_harness(guarantee=guarantee), list[str]()
    instead("dynamodb", "batch_write_item", broken)
    harness.send(OrderPlaced(id="1"))

    response = harness.deliver(noting(seen))

    assert response == {"batchItemFailures": []}
    assert seen == ["1"]
    line = capsys.readouterr().out.splitlines()[0]
    assert '"event":"not noted"' in line
    assert '"items":1,"errorType":"ReadTimeoutError"' in line


def test_what_dynamodb_leaves_undone_is_written_again(make_harness: MakeHarness) -> None:
    harness = make_harness(guarantee=LEASE)

    def first_only(RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - its name
        ((table, requests),) = RequestItems.items()
        write(RequestItems={table: requests[:1]})
        return {"UnprocessedItems": {table: requests[1:]} if requests[1:] else {}}

    write = instead("dynamodb", "batch_write_item", first_only)
    for n in range(3):
        harness.send(OrderPlaced(id=str(n)))

    harness.deliver(consumer_that(accept))

    assert [item["status"]["S"] for item in items(harness).values()] == ["done"] * 3


def test_what_dynamodb_never_writes_is_logged(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness, tries = make_harness(guarantee=LEASE), list[object]()

    def nothing(RequestItems: object) -> dict[str, Any]:  # noqa: N803 - its name
        tries.append(RequestItems)
        return {"UnprocessedItems": RequestItems}

    instead("dynamodb", "batch_write_item", nothing)
    harness.send(OrderPlaced(id="1"))

    response = harness.deliver(consumer_that(accept))

    assert response == {"batchItemFailures": []}
    assert len(tries) == 3
    assert '"items":1,"errorType":"Undone"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param(2, None, id="at the third time of asking"),
        pytest.param(3, "Undone", id="never"),
    ],
)
def test_what_dynamodb_does_not_read_is_asked_for_again(
    make_harness: MakeHarness, answers: int, error: str | None
) -> None:
    harness, seen = make_harness(guarantee=COMPLETION), list[str]()
    remember(harness, item_key("done"), "done")
    left = itertools.count()

    def evasive(RequestItems: Any) -> Any:  # noqa: N803 - its name
        if next(left) < answers:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        return read(RequestItems=RequestItems)

    read = instead("dynamodb", "batch_get_item", evasive)
    harness.send(OrderPlaced(id="1"), Header(id="done"))

    harness.deliver(noting(seen))

    assert seen == []
    errors = [(copy.error or "").partition(":")[0] for copy in harness.requeued()]
    assert errors == ([error] if error else [])


def test_a_claim_whose_answer_was_lost_delays_its_message_and_loses_nothing(
    make_harness: MakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness, seen = make_harness(guarantee=LEASE), list[str]()
    tries = itertools.count()

    def lost(**params: Any) -> Any:
        answer = put_item(**params)
        return broken() if next(tries) == 0 else answer

    put_item = instead("dynamodb", "put_item", lost)
    harness.send(OrderPlaced(id="1"), Header(id="same"))

    harness.deliver(noting(seen))
    harness.deliver(noting(seen))
    assert seen == []
    first, second = harness.requeued()
    assert (first.attempt, second.attempt) == (2, 2), "waiting costs nothing"

    at(monkeypatch, 120)
    harness.put(second["Body"], second["MessageAttributes"])
    harness.deliver(noting(seen))
    assert seen == ["1"]


# When the process dies.


class Crash:
    """Kills the process once, before or after what it is put around."""

    def __init__(self, when: str) -> None:
        self._when, self._armed = when, True

    def around(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any, **params: Any) -> Any:
            if self._armed and self._when == "before":
                self._armed = False
                raise Killed
            answer = do(*args, **params)
            if self._armed:
                self._armed = False
                raise Killed
            return answer

        return dying


OPERATIONS = {
    "claim": ("dynamodb", "put_item"),
    "look": ("dynamodb", "batch_get_item"),
    "publish": ("sns", "publish_batch"),
    "note": ("dynamodb", "batch_write_item"),
}


@pytest.mark.parametrize(
    ("guarantee", "when", "point", "effects"),
    [
        pytest.param(policy, when, point, effects, id=f"{policy}, {when} {point}")
        for policy, first in ((LEASE, "claim"), (COMPLETION, "look"))
        for when, point, effects in (
            ("before", first, 1),
            ("after", first, 1),
            ("before", "effect", 1),
            ("after", "effect", 2),
            ("before", "publish", 2),
            ("after", "publish", 2),
            ("before", "note", 2),
            ("after", "note", 1),
        )
    ],
)
def test_a_crash_between_two_steps_loses_nothing(
    make_harness: MakeHarness,
    monkeypatch: pytest.MonkeyPatch,
    guarantee: Guarantee,
    when: str,
    point: str,
    effects: int,
) -> None:
    """Only between the effect and its completion can an effect repeat, with the same message ids;
    an attempt is not lost by any of it.
    """
    harness = make_harness(guarantee=guarantee, publishes=(OrderPacked,))
    crash, effect, attempts = Crash(when), list[str](), list[int]()
    act = effect.append
    if point == "effect":
        act = crash.around(act)
    else:
        service, operation = OPERATIONS[point]
        client = aws.client(service)
        monkeypatch.setattr(client, operation, crash.around(getattr(client, operation)))

    def handle(order: OrderPlaced, context: Context) -> None:
        act(order.id)
        attempts.append(context.attempt)
        context.publish(OrderPacked(id=order.id))

    consumer = consumer_that(handle)
    harness.send(OrderPlaced(id="1"))
    with pytest.raises(Killed):
        harness.deliver(consumer)
    harness.expire_visibility()
    at(monkeypatch, 120)
    harness.run_until_idle(consumer)

    assert effect == ["1"] * effects
    assert set(attempts) == {1}
    assert len({message.id for message in harness.published()}) == 1
    assert harness.visible_messages() == harness.dead_letters() == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["delete_item", "send_message_batch"])
def test_a_crash_while_a_failure_is_settled_loses_nothing_and_adds_no_attempt(
    make_harness: MakeHarness, monkeypatch: pytest.MonkeyPatch, when: str, point: str
) -> None:
    harness = make_harness(guarantee=LEASE, retry=RetryPolicy(max_attempts=3, base=0))
    attempts: list[int] = []

    def never(_: OrderPlaced, context: Context) -> None:
        attempts.append(context.attempt)
        fail()

    client = aws.client("dynamodb" if point == "delete_item" else "sqs")
    monkeypatch.setattr(client, point, Crash(when).around(getattr(client, point)))
    harness.send(OrderPlaced(id="1"))
    with pytest.raises(Killed):
        harness.deliver(consumer_that(never))
    harness.expire_visibility()
    at(monkeypatch, 120)
    without_delays()
    harness.run_until_idle(consumer_that(never))

    letters = harness.dead_letters()
    assert letters
    assert {letter.cause for letter in letters} == {"attempts"}
    assert max(attempts) == 3
