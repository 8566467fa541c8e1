"""Unicorn Management's guarded route: its authorizer asks the real Access Control."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from access_control import handler as access_control
from access_control.roles import ROLES
from contracts.access_control import CheckAccess
from messaging.aws import clients as aws
from messaging.http.authorizer import CannotDecide
from messaging.settings import Settings
from systems.wild_rydes import unicorn_management
from tests.services.invoking import Lambda, refusal
from tests.unit.messaging.requests import content, request
from unicorn_management.access import PERMISSIONS
from unicorn_management.handler import api, authorizer

Deploy = Callable[[str], Any]
TOKEN = "a-token"
ROUTE = "GET /rides/{id}"
ACCESS = "arn:aws:lambda:eu-central-1:123456789012:function:test-AccessControl-access"
ALLOWED = {"isAuthorized": True, "context": {"principal": "member-ada"}}
DENIED = {"isAuthorized": False}
RIDE: dict[str, Any] = {
    "from": "Berlin",
    "to": "Frankfurt",
    "duration": 420,
    "distance": 600,
    "customer": "cmr",
    "fare": 256.50,
}


@pytest.fixture
def access(
    deploy: Deploy, configure: Callable[[Settings], None], monkeypatch: pytest.MonkeyPatch
) -> Lambda:
    """Unicorn Management with Access Control behind it; a dispatcher has TOKEN."""
    there = deploy("AccessControl").settings
    there = msgspec.structs.replace(there, invocable=("CheckAccess",))
    here = deploy("UnicornManagement").settings
    configure(msgspec.structs.replace(here, invokes={"AccessControl": {"CheckAccess": ACCESS}}))
    member = {
        "id": {"S": CheckAccess.of(TOKEN, "any:thing").token_digest},
        "principal": {"S": "member-ada"},
        "roles": {"SS": ["dispatcher"]},
    }
    aws.client("dynamodb").put_item(TableName=there.resources["members"], Item=member)
    played, real = Lambda(ACCESS, access_control.access, there, configure), aws.client

    def client(service: str, *, timeout: float | None = None) -> Any:
        return played if service == "lambda" else real(service, timeout=timeout)

    monkeypatch.setattr(aws, "client", client)
    return played


def decide(token: str = TOKEN, route: str = ROUTE) -> Any:
    headers = {"authorization": f"Bearer {token}", "x-correlation-id": "flow-1"}
    return authorizer({**request(route, key=route, headers=headers), "type": "REQUEST"}, None)


def show(ride_id: str) -> Any:
    made = request(f"GET /rides/{ride_id}", key=ROUTE, pathParameters={"id": ride_id})
    made["requestContext"]["authorizer"] = {"lambda": {"principal": "member-ada"}}
    return api(made, None)


def test_a_dispatcher_passes_and_the_api_learns_who_it_is(access: Lambda) -> None:
    assert decide() == ALLOWED


def test_an_unknown_token_does_not_pass(access: Lambda) -> None:
    assert decide("another") == DENIED


def test_the_digest_is_asked_about_and_the_token_leaves_nowhere(
    access: Lambda, capsys: pytest.CaptureFixture[str]
) -> None:
    decide()
    (asked,) = access.payloads
    assert asked["body"] == {
        "token_digest": CheckAccess.of(TOKEN, "any:thing").token_digest,
        "permission": "rides:read",
    }
    assert asked["header"]["correlationid"] == "flow-1"
    printed = capsys.readouterr()
    for secret in (TOKEN, "member-ada", asked["body"]["token_digest"]):
        assert secret not in json.dumps(asked | {"body": None}) + printed.out + printed.err


def test_a_route_without_a_permission_is_closed_and_nobody_is_asked(access: Lambda) -> None:
    assert decide(route="GET /rides") == DENIED
    assert access.payloads == []


def test_every_guarded_route_has_a_permission_that_a_role_gives() -> None:
    assert unicorn_management.api
    assert unicorn_management.api.authorizer
    assert set(PERMISSIONS) == set(unicorn_management.api.authorizer.routes)
    assert set(PERMISSIONS.values()) <= set().union(*ROLES.values())


@pytest.mark.parametrize(
    "said",
    [
        {"rejected": "not now"},
        {"result": {"allowed": False}},
        {"result": {"allowed": False, "principal": "member-ada"}},
        {"result": {"allowed": True}},
        {"result": {"allowed": True, "principal": ""}},
    ],
    ids=str,
)
def test_nobody_passes_by_any_other_answer(access: Lambda, said: Any) -> None:
    access.handler = lambda event, context: said
    assert decide() == DENIED


@pytest.mark.parametrize(
    "said",
    [
        None,
        True,
        {},
        {"result": {}},
        {"result": {"allowed": "true", "principal": "member-ada"}},
        {"result": {"allowed": 1, "principal": "member-ada"}},
        {"result": {"allowed": True, "principal": ["member-ada"]}},
    ],
    ids=str,
)
def test_what_is_no_answer_is_a_failure(access: Lambda, said: Any) -> None:
    access.handler = lambda event, context: said
    with pytest.raises(CannotDecide):
        decide()


def test_a_failure_is_no_denial_which_would_be_remembered(
    access: Lambda, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(event: Mapping[str, Any], context: Any) -> Any:
        raise ConnectionError(TOKEN)

    real, access.handler = access.handler, fail
    with pytest.raises(CannotDecide):
        decide()
    assert TOKEN not in capsys.readouterr().out
    access.handler = real
    assert decide() == ALLOWED


def test_without_access_control_nobody_passes(access: Lambda) -> None:
    access.function = "another"
    with pytest.raises(CannotDecide):
        decide()


def test_a_throttled_question_is_asked_again(
    access: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = access.invoke, [refusal("TooManyRequestsException", 429)]

    def invoke(**arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(**arguments)

    monkeypatch.setattr(access, "invoke", invoke)
    assert decide() == ALLOWED


def test_a_ride_is_shown_as_it_was_submitted(
    access: Lambda, capsys: pytest.CaptureFixture[str]
) -> None:
    submitted = content(api(request("POST /submit-ride-completion", json.dumps(RIDE)), None))
    shown = show(submitted["id"])
    assert shown["statusCode"] == 200
    assert shown["headers"]["content-type"] == "application/json"
    assert content(shown) == {**RIDE, **submitted}
    printed = capsys.readouterr().out
    assert '"route":"GET /rides/{id}"' in printed
    assert "member-ada" not in printed
    assert "Berlin" not in printed


@pytest.mark.parametrize("ride_id", [str(uuid.uuid4()), "x", "", "x" * 5_000, "é" * 36])
def test_a_ride_that_is_not_there_is_a_problem(access: Lambda, ride_id: str) -> None:
    shown = show(ride_id)
    assert shown["statusCode"] == 404
    assert shown["headers"]["content-type"] == "application/problem+json"
    assert content(shown)["detail"] == "There is no such ride."
