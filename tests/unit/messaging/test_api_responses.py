"""The response that a client gets, whatever the function does."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from messaging.errors import CallFailed, CallTimedOut, PublishFailed, Reject, Retry
from messaging.http import Api, ApiContext, Response, created, ok, problem
from messaging.http.request import HttpRequest
from messaging.http.route import respond
from tests.unit.messaging.requests import content, request

ID = "JKJaXmPLvHcESHA="
SECRET = "Ada Lovelace"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


class Unwritable(msgspec.Struct):
    """JSON cannot express it."""

    name: object = object()


def ride_api(function: Callable[[None, ApiContext], Response]) -> Api:
    api = Api()
    api.get("/rides/{id}")(function)
    api.get("/rides/mine")(function)
    api.delete("/rides/{id}")(function)
    return api


def call(function: Callable[[], Any], route: str = "GET /rides/7", **extra: Any) -> dict[str, Any]:
    return ride_api(lambda body, context: function())(
        request(route, key="ANY /{proxy+}", **extra), None
    )


def failing(error: BaseException) -> Callable[[], Response]:
    def fail() -> Response:
        raise error

    return fail


def test_a_rejection_is_returned_with_its_reason() -> None:
    response = call(failing(Reject("This ride is over.")))
    assert response["statusCode"] == 422
    assert response["headers"]["content-type"] == "application/problem+json"
    assert content(response) == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "This ride is over.",
        "requestId": ID,
    }


def test_a_rejection_is_not_logged_as_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    call(failing(Reject("This ride is over.")))
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["level"], line["status"]) == ("request answered", "INFO", 422)


def test_a_rejection_in_half_characters_can_be_read() -> None:
    response = call(failing(Reject("no \ud800 ride")))
    assert (response["statusCode"], content(response)["detail"]) == (422, "no ? ride")


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Retry(), "1"),
        (Retry("Ada is driving", delay=0), "0"),
        (Retry(delay=0.2), "1"),
        (Retry(delay=30), "30"),
        (Retry(delay=30.5), "31"),
        (PublishFailed(SECRET), "1"),
    ],
)
def test_a_temporary_failure_returns_503_with_retry_after(
    error: Exception, seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    response = call(failing(error))
    assert response["statusCode"] == 503
    assert response["headers"]["retry-after"] == seconds
    assert content(response)["detail"].endswith("Send the same request again.")
    assert "Ada" not in response["body"]
    failed, line = map(json.loads, capsys.readouterr().out.splitlines())
    assert (failed["event"], failed["error"]) == ("request failed", type(error).__name__)
    assert (line["level"], line["status"]) == ("ERROR", 503)


UNEXPECTED: dict[str, Callable[[], Any]] = {
    "an error": failing(RuntimeError(SECRET)),
    "a failed look-up": failing(KeyError(SECRET)),
    "another service's data": failing(msgspec.ValidationError(SECRET)),
    "an error without a text": failing(Unprintable()),
    "no json": lambda: ok(Unwritable()),
    "no json inside": lambda: ok({SECRET: {1, object()}}),
    "half a character": lambda: ok("\ud800"),
    "half a character in a problem": lambda: problem(400, "\ud800"),
    "no response": lambda: {"statusCode": 200, "body": SECRET},
    "nothing": lambda: None,
}


@pytest.mark.parametrize("function", UNEXPECTED.values(), ids=UNEXPECTED)
def test_an_unexpected_error_is_returned_without_details(
    function: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    response = call(function)
    assert response == {
        "statusCode": 500,
        "headers": {
            "content-type": "application/problem+json",
            "x-correlation-id": ID,
            "x-request-id": ID,
        },
        "body": response["body"],
    }
    assert content(response) == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong on our side.",
        "requestId": ID,
    }
    printed = capsys.readouterr().out
    assert "Ada" not in printed
    failed = json.loads(printed.splitlines()[0])
    assert (failed["level"], failed["event"]) == ("ERROR", "request failed")
    assert (failed["requestId"], failed["correlationId"]) == (ID, ID)
    assert len(failed["fingerprint"]) == 12


@pytest.mark.parametrize(
    ("error", "status"),
    [(CallFailed(SECRET), 502), (CallTimedOut(SECRET), 504), (PublishFailed(SECRET), 503)],
)
def test_a_failure_elsewhere_is_returned_without_its_text(
    error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    response = call(failing(error))

    assert response["statusCode"] == status
    assert SECRET not in response["body"] + capsys.readouterr().out
    assert set(content(response)) == {"type", "title", "status", "detail", "requestId"}


def test_every_response_has_the_request_id_and_the_correlation_id() -> None:
    responses = [
        call(lambda: ok({}), headers={"x-correlation-id": "mine"}, route=route)
        for route in ("GET /rides/7", "GET /nothing", "PUT /rides/7")
    ]
    assert [response["statusCode"] for response in responses] == [200, 404, 405]
    for response in responses:
        assert response["headers"]["x-request-id"] == ID
        assert response["headers"]["x-correlation-id"] == "mine"
    assert [content(response).get("requestId") for response in responses] == [None, ID, ID]


def test_a_handler_cannot_replace_the_ids_of_a_request() -> None:
    headers = {"X-Request-Id": "theirs", "X-Correlation-Id": "theirs"}
    response = call(lambda: problem(409, "No.", headers=headers, requestId="theirs"))
    assert content(response)["requestId"] == ID
    assert response["headers"] == {
        "content-type": "application/problem+json",
        "x-correlation-id": ID,
        "x-request-id": ID,
    }


def test_a_handler_may_choose_the_content_type() -> None:
    headers = {"Content-Type": "application/geo+json"}
    response = call(lambda: created({}, headers=headers))
    assert response["headers"]["content-type"] == "application/geo+json"
    assert "Content-Type" not in response["headers"]


def test_a_problem_body_that_is_no_object_is_not_changed() -> None:
    response = call(lambda: Response(400, [1], {"content-type": "application/problem+json"}))
    assert (response["statusCode"], content(response)) == (400, [1])


@pytest.mark.parametrize(
    ("route", "allow"),
    [
        ("PUT /rides/7", "DELETE, GET"),
        ("HEAD /rides/mine", "DELETE, GET"),
        ("POST /rides/mine", "DELETE, GET"),
    ],
)
def test_another_method_of_a_known_path_gets_the_allowed_methods(route: str, allow: str) -> None:
    response = call(lambda: ok(), route)
    assert response["statusCode"] == 405
    assert response["headers"]["allow"] == allow
    assert allow in content(response)["detail"]


def test_a_path_that_no_method_has_is_not_found() -> None:
    response = call(lambda: ok(), "PUT /rides")
    assert response["statusCode"] == 404
    assert "allow" not in response["headers"]


def test_a_path_parameter_of_a_catch_all_route_is_that_of_api_gateway() -> None:
    """An HTTP API decodes both, except "%25": to decode again would change it."""
    api = ride_api(lambda body, context: ok(context.path["id"]))
    decoded = "Zoë van Dam%2520"
    by_gateway = request("GET /rides/x", key="GET /rides/{id}", pathParameters={"id": decoded})
    ours = request("GET /rides/x", key="$default")
    ours["requestContext"]["http"]["path"] = f"/rides/{decoded}"
    assert content(api(by_gateway, None)) == content(api(ours, None)) == decoded


@pytest.mark.parametrize(
    ("authorizer", "authorized"),
    [
        ({"lambda": {"principal": "ada", "level": 3}}, {"principal": "ada", "level": 3}),
        ({"lambda": {"principal": None}}, {"principal": None}),
        ({"lambda": {}}, {}),
        ({"lambda": None}, {}),
        ({"jwt": {"claims": {"sub": "ada"}, "scopes": None}}, {}),
        ({}, {}),
        (None, {}),
    ],
)
def test_the_context_has_the_authorizers_context(authorizer: object, authorized: object) -> None:
    api = ride_api(lambda body, context: ok(dict(context.authorized)))
    event = request("GET /rides/7", key="GET /rides/{id}")
    event["requestContext"]["authorizer"] = authorizer
    assert content(api(event, None)) == authorized


def test_a_route_without_an_authorizer_has_no_context() -> None:
    api = ride_api(lambda body, context: ok(dict(context.authorized)))
    assert content(api(request("GET /rides/7", key="GET /rides/{id}"), None)) == {}


def test_fields_of_the_event_may_be_null() -> None:
    api = ride_api(lambda body, context: ok([dict(context.path), dict(context.query)]))
    names = ("pathParameters", "rawQueryString", "queryStringParameters", "headers", "body")
    event = {**request("GET /rides/mine"), **dict.fromkeys(names)}
    assert content(api(event, None)) == [{}, {}]


def test_every_function_gets_the_same_responses(capsys: pytest.CaptureFixture[str]) -> None:
    event = msgspec.convert(request("POST /quotes"), HttpRequest)
    assert respond(event, lambda: ok(3))["body"] == "3"
    assert respond(event, failing(Reject("No.")))["statusCode"] == 422
    assert respond(event, failing(RuntimeError()))["statusCode"] == 500
    assert respond(event, failing(CallFailed("secret")))["statusCode"] == 502
    assert respond(event, failing(CallTimedOut("secret")))["statusCode"] == 504
    # The line of the request itself is written by the caller, which knows the route.
    printed = capsys.readouterr().out
    assert [json.loads(line)["event"] for line in printed.splitlines()] == ["request failed"] * 3
    assert "secret" not in printed
