"""The example in docs/apis.md."""

from typing import Annotated, Literal

import msgspec

from messaging.http import Api, ApiContext, Response, created, ok, problem
from tests.unit.messaging.requests import content, request

api = Api()


class ListSeats(msgspec.Struct, frozen=True):
    """The query string of `GET /seats`."""

    row: Annotated[int, msgspec.Meta(ge=1, le=60)]
    side: Literal["window", "aisle"] = "window"
    tags: list[str] = []


@api.get("/seats", query=ListSeats)
def list_seats(query: ListSeats, context: ApiContext) -> Response:
    """Return 200, or problem details."""
    if query.row == 13:
        return problem(404, "There is no such row.", row=query.row)
    return ok({"row": query.row, "side": query.side, "tags": query.tags})


@api.post("/seats/{seat}/bookings")
def book(_: None, context: ApiContext) -> Response:
    """Return 201 and the location."""
    seat = context.path["seat"]
    return created({"seat": seat}, headers={"location": f"/seats/{seat}/bookings/1"})


@api.post("/seats/{seat}/holds")
def hold(_: None, context: ApiContext) -> Response:
    """Return the id of a hold: the same one when the client repeats the request with its key."""
    return created({"id": context.idempotency_key or context.request_id})


def seats(query: str) -> tuple[int, object]:
    response = api(request("GET /seats", rawQueryString=query), None)
    return response["statusCode"], content(response)


def test_a_query_string_is_decoded_by_its_contract() -> None:
    found = {"row": 7, "side": "aisle", "tags": ["a", "b"]}
    assert seats("row=7&side=aisle&tags=a&tags=b") == (200, found)
    assert seats("row=7") == (200, {"row": 7, "side": "window", "tags": []})


def test_a_parameter_that_does_not_fit_is_named() -> None:
    refused = {"type": "about:blank", "title": "Bad Request", "status": 400}
    error = {"field": "row", "detail": "expected integer <= 60"}
    details = {"detail": "row: expected integer <= 60", "errors": [error]}
    assert seats("row=61") == (400, {**refused, **details, "requestId": "JKJaXmPLvHcESHA="})


def test_a_problem_of_the_handler_has_its_members() -> None:
    assert seats("row=13") == (
        404,
        {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "There is no such row.",
            "row": 13,
            "requestId": "JKJaXmPLvHcESHA=",
        },
    )


def test_a_response_has_headers() -> None:
    key = "POST /seats/{seat}/bookings"
    response = api(request("POST /seats/7A/bookings", key=key, pathParameters={"seat": "7A"}), None)
    assert (response["statusCode"], content(response)) == (201, {"seat": "7A"})
    assert response["headers"] == {
        "location": "/seats/7A/bookings/1",
        "content-type": "application/json",
        "x-correlation-id": "JKJaXmPLvHcESHA=",
        "x-request-id": "JKJaXmPLvHcESHA=",
    }


def hold_of(principal: str, key: str = "1") -> str:
    """Return the id that a client gets for its key."""
    event = request(
        "POST /seats/7A/holds", headers={"idempotency-key": key}, key="POST /seats/{seat}/holds"
    )
    event["requestContext"]["authorizer"] = {"lambda": {"principal": principal}}
    return str(content(api(event, None))["id"])


def test_two_clients_with_the_same_key_get_two_holds() -> None:
    assert hold_of("tenant a") == hold_of("tenant a") != hold_of("tenant b")
    assert hold_of("a", "b/c") != hold_of("a/b", "c")
