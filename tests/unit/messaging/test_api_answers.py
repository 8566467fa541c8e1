"""What a client is told, whatever became of the request."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from messaging.errors import CallFailed, CallTimedOut, PublishFailed, Reject, Retry
from messaging.http.api import Api, ApiContext, Response, created, ok, problem
from messaging.http.request import HttpRequest
from messaging.http.route import answer
from tests.unit.messaging.requests import content, request

ID = "JKJaXmPLvHcESHA="
SECRET = "Ada Lovelace"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


class Unwritable(msgspec.Struct):
    """Fails with words of its own when it is made JSON."""

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


def test_a_rejection_is_the_clients_to_read() -> None:
    answered = call(failing(Reject("This ride is over.")))
    assert answered["statusCode"] == 422
    assert answered["headers"]["content-type"] == "application/problem+json"
    assert content(answered) == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "This ride is over.",
        "requestId": ID,
    }


def test_a_rejection_is_no_error_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    call(failing(Reject("This ride is over.")))
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["level"], line["status"]) == ("request answered", "INFO", 422)


def test_a_rejection_in_half_characters_can_be_read() -> None:
    answered = call(failing(Reject("no \ud800 ride")))
    assert (answered["statusCode"], content(answered)["detail"]) == (422, "no ? ride")


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
def test_what_may_work_later_asks_the_client_to_come_again(
    error: Exception, seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = call(failing(error))
    assert answered["statusCode"] == 503
    assert answered["headers"]["retry-after"] == seconds
    assert content(answered)["detail"].endswith("Send the same request again.")
    assert "Ada" not in answered["body"]
    failed, line = map(json.loads, capsys.readouterr().out.splitlines())
    assert (failed["event"], failed["error"]) == ("request failed", type(error).__name__)
    assert (line["level"], line["status"]) == ("ERROR", 503)


UNEXPECTED: dict[str, Callable[[], Any]] = {
    "an error": failing(RuntimeError(SECRET)),
    "a failed look-up": failing(KeyError(SECRET)),
    "somebody else's data": failing(msgspec.ValidationError(SECRET)),
    "an error without words": failing(Unprintable()),
    "no json": lambda: ok(Unwritable()),
    "no json inside": lambda: ok({SECRET: {1, object()}}),
    "half a character": lambda: ok("\ud800"),
    "half a character in a problem": lambda: problem(400, "\ud800"),
    "no response": lambda: {"statusCode": 200, "body": SECRET},
    "nothing": lambda: None,
}


@pytest.mark.parametrize("respond", UNEXPECTED.values(), ids=UNEXPECTED)
def test_an_unexpected_error_says_nothing_of_itself_to_the_client(
    respond: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    answered = call(respond)
    assert answered == {
        "statusCode": 500,
        "headers": {
            "content-type": "application/problem+json",
            "x-correlation-id": ID,
            "x-request-id": ID,
        },
        "body": answered["body"],
    }
    assert content(answered) == {
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


def test_every_answer_carries_the_request_id_next_to_the_correlation_id() -> None:
    answers = [
        call(lambda: ok({}), headers={"x-correlation-id": "mine"}, route=route)
        for route in ("GET /rides/7", "GET /nothing", "PUT /rides/7")
    ]
    assert [answered["statusCode"] for answered in answers] == [200, 404, 405]
    for answered in answers:
        assert answered["headers"]["x-request-id"] == ID
        assert answered["headers"]["x-correlation-id"] == "mine"
    assert [content(answered).get("requestId") for answered in answers] == [None, ID, ID]


def test_a_handler_cannot_take_the_ids_of_a_request_for_its_own() -> None:
    headers = {"X-Request-Id": "theirs", "X-Correlation-Id": "theirs"}
    answered = call(lambda: problem(409, "No.", headers=headers, requestId="theirs"))
    assert content(answered)["requestId"] == ID
    assert answered["headers"] == {
        "content-type": "application/problem+json",
        "x-correlation-id": ID,
        "x-request-id": ID,
    }


def test_a_handler_may_choose_the_content_type() -> None:
    headers = {"Content-Type": "application/geo+json"}
    answered = call(lambda: created({}, headers=headers))
    assert answered["headers"]["content-type"] == "application/geo+json"
    assert "Content-Type" not in answered["headers"]


def test_a_body_of_the_problem_type_that_is_no_object_stays_as_it_is() -> None:
    answered = call(lambda: Response(400, [1], {"content-type": "application/problem+json"}))
    assert (answered["statusCode"], content(answered)) == (400, [1])


@pytest.mark.parametrize(
    ("route", "allow"),
    [
        ("PUT /rides/7", "DELETE, GET"),
        ("HEAD /rides/mine", "DELETE, GET"),
        ("POST /rides/mine", "DELETE, GET"),
    ],
)
def test_another_method_of_a_known_path_is_told_which_there_are(route: str, allow: str) -> None:
    answered = call(lambda: ok(), route)
    assert answered["statusCode"] == 405
    assert answered["headers"]["allow"] == allow
    assert allow in content(answered)["detail"]


def test_a_path_that_is_unknown_to_every_method_is_not_there() -> None:
    answered = call(lambda: ok(), "PUT /rides")
    assert answered["statusCode"] == 404
    assert "allow" not in answered["headers"]


def test_a_path_parameter_of_a_catch_all_route_is_what_api_gateway_would_give() -> None:
    """An HTTP API decodes both, but for "%25": decoding again would make another name of it."""
    api = ride_api(lambda body, context: ok(context.path["id"]))
    decoded = "Zoë van Dam%2520"
    by_gateway = request("GET /rides/x", key="GET /rides/{id}", pathParameters={"id": decoded})
    by_us = request("GET /rides/x", key="$default")
    by_us["requestContext"]["http"]["path"] = f"/rides/{decoded}"
    assert content(api(by_gateway, None)) == content(api(by_us, None)) == decoded


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
def test_a_handler_knows_what_the_authorizer_said(authorizer: object, authorized: object) -> None:
    api = ride_api(lambda body, context: ok(dict(context.authorized)))
    event = request("GET /rides/7", key="GET /rides/{id}")
    event["requestContext"]["authorizer"] = authorizer
    assert content(api(event, None)) == authorized


def test_a_route_without_an_authorizer_knows_nobody() -> None:
    api = ride_api(lambda body, context: ok(dict(context.authorized)))
    assert content(api(request("GET /rides/7", key="GET /rides/{id}"), None)) == {}


def test_what_api_gateway_leaves_out_may_be_null_too() -> None:
    api = ride_api(lambda body, context: ok([dict(context.path), dict(context.query)]))
    names = ("pathParameters", "rawQueryString", "queryStringParameters", "headers", "body")
    event = {**request("GET /rides/mine"), **dict.fromkeys(names)}
    assert content(api(event, None)) == [{}, {}]


def test_anything_can_be_answered_with_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    event = msgspec.convert(request("POST /quotes"), HttpRequest)
    assert answer(event, lambda: ok(3))["body"] == "3"
    assert answer(event, failing(Reject("No.")))["statusCode"] == 422
    assert answer(event, failing(RuntimeError()))["statusCode"] == 500
    assert answer(event, failing(CallFailed("secret")))["statusCode"] == 502
    assert answer(event, failing(CallTimedOut("secret")))["statusCode"] == 504
    # The line for the request itself is its caller's, who knows the route.
    printed = capsys.readouterr().out
    assert [json.loads(line)["event"] for line in printed.splitlines()] == ["request failed"] * 3
    assert "secret" not in printed
