import json
import traceback
from typing import Any, cast

import pytest

from messaging import ApiContext
from messaging.http.authorizer import Allowed, Authorizer, AuthorizerRequest, CannotDecide, Denied
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


class Ask:
    """A function that decides as told, and keeps what it was asked."""

    def __init__(self, decision: object = None) -> None:
        self.decision, self.asked = decision, list[AuthorizerRequest]()
        self.contexts: list[ApiContext] = []

    def __call__(self, request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied:
        self.asked.append(request)
        self.contexts.append(context)
        if isinstance(self.decision, BaseException):
            raise self.decision
        return cast("Allowed | Denied", self.decision)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_who_is_allowed_passes_with_a_name_for_the_api() -> None:
    @Authorizer
    def authorizer(request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied:
        return Allowed("ada", team="riders") if request.token == TOKEN else Denied()

    assert authorizer(event(), None) == {
        "isAuthorized": True,
        "context": {"principal": "ada", "team": "riders"},
    }
    assert authorizer(event("Bearer other"), None) == DENIED


def test_the_function_is_told_who_asks_for_what() -> None:
    ask = Ask(Denied())
    assert Authorizer(ask)(event(), None) == DENIED
    assert ask.asked == [AuthorizerRequest(route="GET /rides/{id}", token=TOKEN)]
    [context] = ask.contexts
    assert context.path == {"id": "7"}
    assert (context.correlation_id, context.request_id) == ("flow-1", "JKJaXmPLvHcESHA=")


def test_a_request_without_parameters_and_correlation_id_can_be_decided() -> None:
    ask = Ask(Allowed("ada"))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    Authorizer(ask)(event(pathParameters=None, headers=headers), None)
    assert ask.contexts[0].path == {}
    assert ask.contexts[0].correlation_id == "JKJaXmPLvHcESHA="


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_the_scheme_is_written_as_the_client_likes(scheme: str) -> None:
    ask = Ask(Allowed("ada"))
    assert Authorizer(ask)(event(scheme + TOKEN), None)["isAuthorized"] is True
    assert ask.asked[0].token == TOKEN


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
def test_without_a_bearer_token_nobody_is_asked(
    authorization: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = Ask(Allowed("ada"))
    assert Authorizer(ask)(event(authorization), None) == DENIED
    assert ask.asked == []
    [line] = lines(capsys)
    assert (line["level"], line["allowed"]) == ("INFO", False)


@pytest.mark.parametrize(
    "error", [RuntimeError(f"no such token: {TOKEN}"), KeyError(TOKEN), SystemExit(TOKEN)]
)
def test_after_a_failure_nothing_passes_and_no_token_is_logged(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    # Not a denial, which API Gateway would remember.
    with pytest.raises(CannotDecide) as caught:
        Authorizer(Ask(error))(event(), None)
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
def test_after_any_other_answer_nothing_passes(
    decision: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotDecide):
        Authorizer(Ask(decision))(event(), None)
    [failed] = lines(capsys)
    assert (failed["level"], failed["error"]) == ("ERROR", "TypeError")


def test_a_coroutine_lets_nothing_pass() -> None:
    async def decide() -> Allowed | Denied:
        return Allowed("ada")

    ask = Ask(decision := decide())
    with pytest.raises(CannotDecide):
        Authorizer(ask)(event(), None)
    decision.close()


@pytest.mark.parametrize(
    ("principal", "context"),
    [("", {}), (None, {}), (7, {}), ("ada", {"team": None}), ("ada", {"level": 3})],
)
def test_who_is_nobody_cannot_be_allowed(principal: Any, context: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="principal that is not empty"):
        Allowed(principal, **context)
    with pytest.raises(CannotDecide):
        Authorizer(lambda *_: Allowed(principal, **context))(event(), None)


STRANGERS: dict[str, Any] = {
    "nothing": {},
    "null": None,
    "an array": [],
    "text": "REQUEST",
    "messages": {"Records": []},
    "a request of an API": request("GET /rides/7"),
    "another type": event(type="TOKEN"),
    "another format": event(version="1.0"),
    "a route that is null": event(routeKey=None),
    "no route": {key: value for key, value in event().items() if key != "routeKey"},
    "no request": event(requestContext=None),
    "a header that is null": event(headers={"authorization": None}),
    "a REST API's": {"type": "TOKEN", "authorizationToken": f"Bearer {TOKEN}"},
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_what_is_no_authorizer_request_is_not_allowed(
    stranger: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = Ask(Allowed("ada"))
    with pytest.raises(CannotDecide):
        Authorizer(ask)(stranger, None)
    assert ask.asked == []
    [failed] = lines(capsys)
    assert (failed["level"], failed["error"]) == ("ERROR", "ValidationError")


@pytest.mark.parametrize(("decision", "allowed"), [(Allowed("ada"), True), (Denied(), False)])
def test_a_decision_leaves_one_line_that_names_nobody(
    decision: object, allowed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    Authorizer(Ask(decision))(event(), None)
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


def test_it_keeps_nothing_between_requests() -> None:
    ask = Ask(Allowed("ada"))
    authorizer = Authorizer(ask)
    assert authorizer(event(), None)["isAuthorized"] is True
    ask.decision = Denied()
    assert authorizer(event(), None) == DENIED
    assert len(ask.asked) == 2


def test_a_request_is_written_without_its_token() -> None:
    ask = Ask(Denied())
    Authorizer(ask)(event(), None)
    assert TOKEN not in f"{ask.asked[0]} {ask.asked!r}"
    assert "GET /rides/{id}" in repr(ask.asked[0])
