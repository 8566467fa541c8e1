import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts import Event
from contracts.unicorn_management import SubmitRide
from messaging.aws import clients as aws
from messaging.errors import PublishFailed
from messaging.sending import publisher
from messaging.testing import state
from unicorn_management import rides
from unicorn_management.handler import api

Deploy = Callable[[str], Any]

RIDE: dict[str, Any] = {
    "from": "Berlin",
    "to": "Frankfurt",
    "duration": 420,
    "distance": 600,
    "customer": "cmr",
    "fare": 256.50,
}


@pytest.fixture
def service(deploy: Deploy) -> Any:
    return deploy("UnicornManagement")


@pytest.fixture
def broken_msg_out(service: Any) -> Iterator[pytest.MonkeyPatch]:
    """Break publishing; undo() repairs it."""

    def send_now(message: object) -> None:
        raise PublishFailed

    # Not the test's own, whose undo() would take the settings away as well.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publisher, "send_now", send_now)
        yield patch


def submit(ride: object, key: str | None = None, client: str | None = None) -> tuple[int, Any]:
    event = {
        "routeKey": "POST /submit-ride-completion",
        "headers": {"idempotency-key": key} if key else {},
        "requestContext": {
            "requestId": "request-1",
            "http": {"method": "POST", "path": "/submit-ride-completion"},
            "authorizer": {"lambda": {"principal": client}} if client else None,
        },
        "body": ride if isinstance(ride, str) else json.dumps(ride),
    }
    answer = api(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def header(message: dict[str, Any]) -> Any:
    return state(message["MessageAttributes"]["header"])


def test_a_submitted_ride_is_stored_and_announced(service: Any) -> None:
    status, body = submit(RIDE)
    assert status == 201
    assert set(body) == {"id"}
    assert uuid.UUID(body["id"]).version == 4
    [row] = service.rows("rides")
    assert row.pop("id") == body["id"]
    assert {key: float(row.pop(key)) for key in ("duration", "distance", "fare")} == {
        "duration": 420,
        "distance": 600,
        "fare": 256.5,
    }
    assert row == {"from": "Berlin", "to": "Frankfurt", "customer": "cmr"}
    [message] = service.published()
    assert json.loads(message["Body"]) == {**RIDE, **body}
    attributes = message["MessageAttributes"]
    assert attributes["msgTag"]["StringValue"] == "RideCompleted"
    assert attributes["fare"]["DataType"] == attributes["distance"]["DataType"] == "Number"
    assert float(attributes["fare"]["StringValue"]) == 256.5
    assert header(message)["correlationid"] == "request-1"


BAD_RIDES: dict[str, tuple[object, str]] = {
    **{f"no {field}": ({k: v for k, v in RIDE.items() if k != field}, field) for field in RIDE},
    **{f"negative {f}": ({**RIDE, f: -1}, f) for f in ("duration", "distance", "fare")},
    **{f"number {f}": ({**RIDE, f: 1}, f) for f in ("from", "to", "customer")},
    **{f"empty {f}": ({**RIDE, f: ""}, f) for f in ("from", "to", "customer")},
    **{f"long {f}": ({**RIDE, f: "x" * 257}, f) for f in ("from", "to", "customer")},
    "more than a filter can hold": ({**RIDE, "fare": 1_000_000_001}, "fare"),
    "text for a number": ({**RIDE, "fare": "256.50"}, "fare"),
    "an id of its own": ({**RIDE, "id": "mine"}, "id"),
    "no json": ("from=Berlin", "$"),
    "no body": ("", "$"),
    "a list": ([RIDE], "$"),
    "too large": ({**RIDE, "customer": "x" * 300_000}, "$"),
}


@pytest.mark.parametrize(("ride", "field"), BAD_RIDES.values(), ids=BAD_RIDES)
def test_a_bad_ride_is_refused_and_leaves_nothing(service: Any, ride: object, field: str) -> None:
    status, body = submit(ride, key="key")
    assert status == 400
    assert body["errors"][0]["field"] == field
    assert service.rows("rides") == []
    assert service.published() == []


def test_rides_without_a_key_are_different_rides(service: Any) -> None:
    assert submit(RIDE)[1] != submit(RIDE)[1]
    assert len(service.rows("rides")) == 2


def test_the_same_ride_with_the_same_key_is_one_ride_and_one_message(service: Any) -> None:
    first, second = submit(RIDE, "key"), submit({**RIDE, "fare": 256.5, "duration": 420.0}, "key")
    assert first == second
    assert uuid.UUID(first[1]["id"]).version == 4
    assert len(service.rows("rides")) == 1
    assert len({header(message)["id"] for message in service.published()}) == 1


def test_two_tenants_with_the_same_key_have_two_rides(service: Any) -> None:
    first = submit(RIDE, "2026-11-25-1", "tenant A")
    second = submit({**RIDE, "customer": "bob"}, "2026-11-25-1", "tenant B")
    third = submit(RIDE, "2026-11-25-1", "tenant B")

    assert (first[0], second[0], third[0]) == (201, 201, 422)
    assert first[1]["id"] != second[1]["id"]
    assert len({header(message)["id"] for message in service.published()}) == 2
    assert submit(RIDE, "2026-11-25-1", "tenant A") == first


def test_another_key_is_another_ride(service: Any) -> None:
    assert submit(RIDE, "key") != submit(RIDE, "other key")
    assert len({header(message)["id"] for message in service.published()}) == 2


@pytest.mark.parametrize("change", [{"fare": 256.51}, {"customer": "ada"}, {"from": "Bonn"}])
def test_a_key_used_for_another_ride_is_refused(service: Any, change: dict[str, Any]) -> None:
    submit(RIDE, "key")
    before = service.rows("rides")
    status, body = submit({**RIDE, **change}, "key")
    assert status == 422
    assert "different ride" in body["detail"]
    assert service.rows("rides") == before
    assert len(service.published()) == 1


def test_without_a_key_a_ride_that_cannot_be_announced_is_forgotten(
    service: Any, broken_msg_out: pytest.MonkeyPatch
) -> None:
    assert submit(RIDE)[0] == 503
    assert service.rows("rides") == []


def test_with_a_key_the_clients_retry_announces_the_stored_ride(
    service: Any, broken_msg_out: pytest.MonkeyPatch
) -> None:
    assert submit(RIDE, "key")[0] == 503
    [row] = service.rows("rides")
    broken_msg_out.undo()
    assert submit(RIDE, "key") == (201, {"id": row["id"]})
    assert service.rows("rides") == [row]
    [message] = service.published()
    assert json.loads(message["Body"])["id"] == row["id"]


def test_a_ride_that_can_neither_be_announced_nor_forgotten_is_logged(
    service: Any, broken_msg_out: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def delete_item(**arguments: object) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "DeleteItem")

    broken_msg_out.setattr(aws.client("dynamodb"), "delete_item", delete_item)
    assert submit(RIDE)[0] == 503
    [row] = service.rows("rides")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [line] = [line for line in lines if line["event"] == "ride stored but not announced"]
    assert (line["level"], line["ride_id"]) == ("ERROR", row["id"])


def test_nothing_personal_is_logged(service: Any, capsys: pytest.CaptureFixture[str]) -> None:
    submit({**RIDE, "customer": "Ada Lovelace"})
    submit({**RIDE, "customer": "Ada Lovelace", "fare": -1})
    printed = capsys.readouterr().out
    assert printed.count("request answered") == 2
    assert "Ada" not in printed
    assert "Berlin" not in printed


def test_an_error_of_ours_while_announcing_is_handled_like_a_failed_publication(
    service: Any,
) -> None:
    request = SubmitRide(
        from_="Berlin", to="Bonn", duration=1, distance=1, customer="cmr", fare=5e-324
    )

    def publish(event: Event, *, message_id: str) -> None:
        assert len(service.rows("rides")) == 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        rides.complete(request, None, publish)
    assert service.rows("rides") == []
