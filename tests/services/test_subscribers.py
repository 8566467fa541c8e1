import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from contracts.unicorn_management import RideCompleted
from customer_accounting import bookings, failures, handler as accounting
from customer_loyalty import points
from customer_notification import notifications
from data_lake_ingestion import lake
from extraordinary_rides import extraordinary
from messaging.aws import clients as aws
from messaging.settings import ConsumerSettings

Deploy = Callable[[str], Any]
MakeRide = Callable[..., RideCompleted]

# Service -> its business, and the row it leaves for the workshop's ride (numbers as moto has them).
ROWS: dict[str, tuple[Callable[[RideCompleted], None], str, dict[str, str]]] = {
    "CustomerNotification": (
        notifications.record,
        "notifications",
        {
            "id": "ride-1",
            "customer": "cmr",
            "text": "Your ride from Berlin to Frankfurt is complete: "
            "600 km in 420 minutes for 256.50.",
        },
    ),
    "CustomerAccounting": (
        bookings.book,
        "bookings",
        {"id": "ride-1", "customer": "cmr", "fare": "256.5"},
    ),
    "ExtraordinaryRides": (
        extraordinary.remember,
        "rides",
        {
            "id": "ride-1",
            "from": "Berlin",
            "to": "Frankfurt",
            "duration": "420",
            "distance": "600",
            "customer": "cmr",
            "fare": "256.5",
        },
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_ride_that_comes_twice_leaves_one_row(
    name: str, deploy: Deploy, make_ride: MakeRide
) -> None:
    handle, table, expected = ROWS[name]
    service = deploy(name)
    handle(make_ride())
    handle(make_ride())
    assert service.rows(table) == [expected]


@pytest.mark.parametrize("name", ROWS)
def test_the_first_ride_under_an_id_stands(name: str, deploy: Deploy, make_ride: MakeRide) -> None:
    handle, table, expected = ROWS[name]
    service = deploy(name)
    handle(make_ride())
    handle(make_ride(fare=1))
    assert service.rows(table) == [expected]


@pytest.mark.parametrize("name", ROWS)
def test_different_rides_leave_a_row_each(name: str, deploy: Deploy, make_ride: MakeRide) -> None:
    handle, table, _ = ROWS[name]
    service = deploy(name)
    for ride_id in ("ride-1", "ride-2"):
        handle(make_ride(id=ride_id))
    assert [row["id"] for row in service.rows(table)] == ["ride-1", "ride-2"]


@pytest.mark.parametrize("fare", [0, 5e-324, 1e-7, 0.1, 1_000_000_000])
def test_every_fare_that_the_contract_allows_can_be_booked(
    fare: float, deploy: Deploy, make_ride: MakeRide
) -> None:
    service = deploy("CustomerAccounting")
    bookings.book(make_ride(fare=fare))
    [row] = service.rows("bookings")
    assert float(row["fare"]) == pytest.approx(fare, abs=1e-130)


@pytest.mark.parametrize(
    ("fare", "expected"), [(0, 0), (9.99, 0), (10, 1), (19.99, 1), (256.5, 25)]
)
def test_every_full_ten_of_the_fare_earns_a_point(fare: float, expected: int) -> None:
    assert points.earned(fare) == expected


def test_the_points_of_a_customers_rides_add_up(deploy: Deploy, make_ride: MakeRide) -> None:
    service = deploy("CustomerLoyalty")
    points.add(make_ride(id="1", fare=256.5))
    points.add(make_ride(id="2", fare=10))
    points.add(make_ride(id="3", fare=30, customer="ada"))
    assert service.rows("points") == [
        {"id": "customer#ada", "points": "3"},
        {"id": "customer#cmr", "points": "26"},
        {"id": "ride#1", "points": "25"},
        {"id": "ride#2", "points": "1"},
        {"id": "ride#3", "points": "3"},
    ]


def test_a_ride_that_comes_twice_earns_points_once(deploy: Deploy, make_ride: MakeRide) -> None:
    service = deploy("CustomerLoyalty")
    for _ in range(3):
        points.add(make_ride())
    assert {"id": "customer#cmr", "points": "25"} in service.rows("points")


def test_a_transaction_cancelled_for_another_reason_is_a_failure(
    deploy: Deploy, make_ride: MakeRide, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy("CustomerLoyalty")
    client = aws.client("dynamodb")
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    response: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": reasons,
    }
    cancelled = client.exceptions.TransactionCanceledException(response, "TransactWriteItems")
    monkeypatch.setattr(client, "transact_write_items", _raises(cancelled))
    with pytest.raises(ClientError):
        points.add(make_ride())


def test_the_lake_keeps_the_event_as_it_came(deploy: Deploy) -> None:
    service = deploy("DataLakeIngestion")
    for ride_id in ("1", "1", "2"):
        lake.keep(ride_id, '{"id":"' + ride_id + '","not in the contract":420}')
    assert service.lake() == {
        "rides/1.json": {"id": "1", "not in the contract": 420},
        "rides/2.json": {"id": "2", "not in the contract": 420},
    }


@pytest.mark.parametrize("name", ["CustomerNotification", "CustomerLoyalty", "DataLakeIngestion"])
def test_a_failing_call_is_left_to_the_runtime(
    name: str, deploy: Deploy, make_ride: MakeRide, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(name)
    failure = ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")
    for service, call in {
        ("dynamodb", "put_item"),
        ("dynamodb", "transact_write_items"),
        ("s3", "put_object"),
    }:
        monkeypatch.setattr(aws.client(service), call, _raises(failure))
    handle: dict[str, Callable[[RideCompleted], None]] = {
        "CustomerNotification": notifications.record,
        "CustomerLoyalty": points.add,
        "DataLakeIngestion": lambda ride: lake.keep(ride.id, "{}"),
    }
    with pytest.raises(ClientError):
        handle[name](make_ride())


def _raises(error: Exception) -> Callable[..., None]:
    def call(**arguments: object) -> None:
        raise error

    return call


@pytest.mark.parametrize(
    ("customer", "attempt", "fails"),
    [
        ("unlucky-customer", 1, True),
        ("unlucky-customer", 2, True),
        ("unlucky-customer", 3, False),
        ("poison-customer", 1000, True),
        ("anybody else", 1, False),
    ],
)
def test_accounting_fails_as_often_as_told(
    customer: str,
    attempt: int,
    fails: bool,
    deploy: Deploy,
    make_ride: MakeRide,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAILURES", '{"unlucky-customer": 2, "poison-customer": 1000}')
    service = deploy("CustomerAccounting")
    context: Any = SimpleNamespace(attempt=attempt)
    if fails:
        with pytest.raises(failures.BooksUnavailableError) as caught:
            accounting.book(make_ride(customer=customer), context)
        assert customer not in str(caught.value)
    else:
        accounting.book(make_ride(customer=customer), context)
    assert len(service.rows("bookings")) == (0 if fails else 1)


def test_accounting_never_fails_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAILURES", raising=False)
    failures.fail_on_command("unlucky-customer", 1)


@pytest.mark.parametrize("text", ["", "[]", '{"cmr": "2"}', '{"cmr": -1}'])
def test_a_command_to_fail_that_makes_no_sense_is_an_error(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILURES", text)
    with pytest.raises(msgspec.DecodeError):
        failures.fail_on_command("cmr", 1)


DELIVERED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "CustomerNotification": (
        "customer_notification",
        lambda service: service.rows("notifications"),
    ),
    "CustomerAccounting": ("customer_accounting", lambda service: service.rows("bookings")),
    "CustomerLoyalty": ("customer_loyalty", lambda service: service.rows("points")),
    "DataLakeIngestion": ("data_lake_ingestion", lambda service: service.lake()),
    "ExtraordinaryRides": ("extraordinary_rides", lambda service: service.rows("rides")),
}


@pytest.mark.parametrize("name", DELIVERED)
def test_a_delivered_ride_reaches_its_business_and_no_log(
    name: str,
    deploy: Deploy,
    make_ride: MakeRide,
    capsys: pytest.CaptureFixture[str],
    configure: Callable[[Any], None],
) -> None:
    service = deploy(name)
    _as_consumer(service.settings, configure)
    package, effects = DELIVERED[name]
    handler = importlib.import_module(f"{package}.handler")
    event = {"Records": [_record(make_ride(customer="Ada Lovelace"))]}
    assert handler.rides(event, _LambdaContext()) == {"batchItemFailures": []}
    assert effects(service)
    assert "Ada" not in capsys.readouterr().out


def _as_consumer(value: Any, configure: Callable[[Any], None]) -> None:
    consumer = ConsumerSettings(
        name="rides", queue_url="https://sqs/queue", dead_letter_queue_url="https://sqs/dead"
    )
    configure(msgspec.structs.replace(value, consumer=consumer))


def _record(ride: RideCompleted) -> dict[str, Any]:
    tag = {"dataType": "String", "stringValue": "RideCompleted"}
    return {
        "messageId": "message-1",
        "receiptHandle": "receipt-1",
        "body": msgspec.json.encode(ride).decode(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": "1700000000000",
            "SentTimestamp": "1700000000000",
        },
        "messageAttributes": {"msgTag": tag},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
    }


class _LambdaContext:
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000
