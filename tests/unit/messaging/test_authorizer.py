import json
import traceback
from typing import Any, cast

import pytest

from messaging import ApiContext
from messaging.http import Allowed, Authorizer, AuthorizerRequest, Denied
from messaging.http.authorizer import CannotDecide
from tests.unit.messaging.requests import request

TOKEN = "eyJhbGciOi.J9~+/-_="
DENIED = {"isAuthorized": False}


def event(authorization: str | None = f"Bearer {TOKEN}", **extra: Any) -> dict[str, Any]:
    headers = {} if authorization is None else {"authorization": authorization}
    made = request(
        "GET /rides/7",
        key="GET /rides/{id}",
        headers={"x-correlation-id": "flow-1", **headers},
        pathParameters={"id": "7"},
    )
    return {**made, "type": "REQUEST", "routeArn": "arn:aws:execute-api:::", **extra}


class Decide:
    """A function that returns or raises `decision`, and records its arguments."""

    def __init__(self, decision: object = None) -> None:
        self.decision, self.requests = decision, list[AuthorizerRequest]()
        self.contexts: list[ApiContext] = []

    def __call__(self, request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied:
        self.requests.append(request)
        self.contexts.append(context)
        if isinstance(self.decision, BaseException):
            raise self.decision
        return cast("Allowed | Denied", self.decision)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_allowed_request_passes_its_principal_to_the_api() -> None:
    @Authorizer
    def authorizer(request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied:
        return Allowed("ada", team="riders") if request.token == TOKEN else Denied()

    assert authorizer(event(), None) == {
        "isAuthorized": True,
        "context": {"principal": "ada", "team": "riders"},
    }
    assert authorizer(event("Bearer other"), None) == DENIED


def test_the_function_gets_the_token_and_the_route() -> None:
    decide = Decide(Denied())
    assert Authorizer(decide)(event(), None) == DENIED
    assert decide.requests == [AuthorizerRequest(route="GET /rides/{id}", token=TOKEN)]
    [context] = decide.contexts
    assert context.path == {"id": "7"}
    assert (context.correlation_id, context.request_id) == ("flow-1", "JKJaXmPLvHcESHA=")


def test_a_request_without_parameters_and_correlation_id_is_decided() -> None:
    decide = Decide(Allowed("ada"))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    Authorizer(decide)(event(pathParameters=None, headers=headers), None)
    assert decide.contexts[0].path == {}
    assert decide.contexts[0].correlation_id == "JKJaXmPLvHcESHA="


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_the_scheme_is_case_insensitive(scheme: str) -> None:
    decide = Decide(Allowed("ada"))
    assert Authorizer(decide)(event(scheme + TOKEN), None)["isAuthorized"] is True
    assert decide.requests[0].token == TOKEN


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer{TOKEN}",
        f"Bearer\t{TOKEN}",
        f"Bearer {TOKEN} ",
        f"Bearer {TOKEN}\n",
        "Bearer two words",
        "Bearer a,Bearer b",
        "Bearer =",
        "Bearer a=b",
        "Bearer é",
        'Bearer "x"',
    ],
)
def test_without_a_bearer_token_the_function_is_not_called(
    authorization: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    decide = Decide(Allowed("ada"))
    assert Authorizer(decide)(event(authorization), None) == DENIED
    assert decide.requests == []
    [line] = lines(capsys)
    assert (line["level"], line["allowed"]) == ("INFO", False)


@pytest.mark.parametrize(
    "error", [RuntimeError(f"no such token: {TOKEN}"), KeyError(TOKEN), SystemExit(TOKEN)]
)
def test_after_a_failure_no_request_is_allowed_and_no_token_is_logged(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    # Not a denial, which API Gateway would cache.
    with pytest.raises(CannotDecide) as caught:
        Authorizer(Decide(error))(event(), None)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    [failed] = lines(capsys)
    assert (failed["event"], failed["level"]) == ("authorizer failed", "ERROR")
    assert failed["error"] == type(error).__name__
    assert failed["stack"][-1].startswith("test_authorizer.py:")
    assert len(failed["fingerprint"]) == 12
    assert (failed["correlationId"], failed["requestId"]) == ("flow-1", "JKJaXmPLvHcESHA=")
    assert TOKEN not in json.dumps(failed)


@pytest.mark.parametrize(
    "decision",
    [None, True, 1, "ada", {"isAuthorized": True}, {"principal": "ada"}, Allowed, Denied],
)
def test_any_other_decision_allows_no_request(
    decision: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotDecide):
        Authorizer(Decide(decision))(event(), None)
    [failed] = lines(capsys)
    assert (failed["level"], failed["error"]) == ("ERROR", "TypeError")


def test_a_coroutine_allows_no_request() -> None:
    async def coroutine() -> Allowed | Denied:
        return Allowed("ada")

    decide = Decide(decision := coroutine())
    with pytest.raises(CannotDecide):
        Authorizer(decide)(event(), None)
    decision.close()


@pytest.mark.parametrize(
    ("principal", "context"),
    [("", {}), (None, {}), (7, {}), ("ada", {"team": None}), ("ada", {"level": 3})],
)
def test_a_request_without_a_principal_cannot_be_allowed(
    principal: Any, context: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match="principal that is not empty"):
        Allowed(principal, **context)
    with pytest.raises(CannotDecide):
        Authorizer(lambda *_: Allowed(principal, **context))(event(), None)


OTHER_EVENTS: dict[str, Any] = {
    "nothing": {},
    "null": None,
    "an array": [],
    "text": "REQUEST",
    "a batch": {"Records": []},
    "a request of an API": request("GET /rides/7"),
    "another type": event(type="TOKEN"),
    "another format": event(version="1.0"),
    "a route that is null": event(routeKey=None),
    "no route": {key: value for key, value in event().items() if key != "routeKey"},
    "no request": event(requestContext=None),
    "a header that is null": event(headers={"authorization": None}),
    "a REST API's": {"type": "TOKEN", "authorizationToken": f"Bearer {TOKEN}"},
}


@pytest.mark.parametrize("other", OTHER_EVENTS.values(), ids=OTHER_EVENTS)
def test_any_other_event_is_not_allowed(other: Any, capsys: pytest.CaptureFixture[str]) -> None:
    decide = Decide(Allowed("ada"))
    with pytest.raises(CannotDecide):
        Authorizer(decide)(other, None)
    assert decide.requests == []
    [failed] = lines(capsys)
    assert (failed["level"], failed["error"]) == ("ERROR", "ValidationError")


@pytest.mark.parametrize(("decision", "allowed"), [(Allowed("ada"), True), (Denied(), False)])
def test_a_decision_is_one_line_in_the_log_without_the_principal(
    decision: object, allowed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    Authorizer(Decide(decision))(event(), None)
    [line] = lines(capsys)
    assert line.pop("durationMs") >= 0
    assert line.pop("timestamp")
    assert line == {
        "level": "INFO",
        "event": "authorization decided",
        "route": "GET /rides/{id}",
        "allowed": allowed,
        "correlationId": "flow-1",
        "requestId": "JKJaXmPLvHcESHA=",
    }


def test_it_keeps_no_state_between_requests() -> None:
    decide = Decide(Allowed("ada"))
    authorizer = Authorizer(decide)
    assert authorizer(event(), None)["isAuthorized"] is True
    decide.decision = Denied()
    assert authorizer(event(), None) == DENIED
    assert len(decide.requests) == 2


def test_the_repr_of_a_request_has_no_token() -> None:
    decide = Decide(Denied())
    Authorizer(decide)(event(), None)
    assert TOKEN not in f"{decide.requests[0]} {decide.requests!r}"
    assert "GET /rides/{id}" in repr(decide.requests[0])
