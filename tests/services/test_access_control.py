import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from access_control.handler import access
from contracts.access_control import CheckAccess
from messaging.aws import clients as aws
from messaging.errors import InvalidMessage
from messaging.settings import Settings
from messaging.testing import FakeLambdaContext

Deploy = Callable[[str], Any]
Join = Callable[..., None]

TOKEN = "a-token"
DENIED = {"result": {"allowed": False, "principal": None}}
ALLOWED = {"result": {"allowed": True, "principal": "ada"}}


@pytest.fixture
def join(deploy: Deploy, configure: Callable[[Settings], None]) -> Join:
    """Return a function that writes the row of a member, by default a dispatcher with TOKEN."""
    deployed = deploy("AccessControl")
    configure(msgspec.structs.replace(deployed.settings, invocable=("CheckAccess",)))

    def write(token: str = TOKEN, **changes: Any) -> None:
        digest = CheckAccess.of(token, "any:thing").token_digest
        usual = {"id": {"S": digest}, "principal": {"S": "ada"}, "roles": {"SS": ["dispatcher"]}}
        row = {key: value for key, value in (usual | changes).items() if value}
        aws.client("dynamodb").put_item(TableName=deployed.settings.resources["members"], Item=row)

    return write


def ask(token: str = TOKEN, permission: str = "rides:read") -> Any:
    body = msgspec.to_builtins(CheckAccess.of(token, permission))
    return access({"msgTag": "CheckAccess", "body": body}, FakeLambdaContext())


def test_a_token_is_asked_for_by_its_sha_256() -> None:
    # printf abc | sha256sum
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert CheckAccess.of("abc", "rides:read").token_digest == digest


@pytest.mark.parametrize(
    "roles",
    [
        {"SS": ["dispatcher"]},
        {"SS": ["somebody", "dispatcher"]},
        {"L": [{"S": "somebody"}, {"S": "dispatcher"}]},
    ],
)
def test_who_has_a_role_that_permits_it_may(join: Join, roles: Any) -> None:
    join(roles=roles)
    assert ask() == ALLOWED


def test_nobody_may_without_a_member(join: Join) -> None:
    join()
    assert ask(token="another") == DENIED


@pytest.mark.parametrize("roles", [None, {"L": []}, {"SS": ["rides:read", "Dispatcher"]}])
def test_nobody_may_without_a_role_that_permits_it(join: Join, roles: Any) -> None:
    join(roles=roles)
    assert ask() == DENIED


@pytest.mark.parametrize("permission", ["rides:write", "ride:read", "members:read"])
def test_a_role_permits_what_it_says_and_nothing_else(join: Join, permission: str) -> None:
    join()
    assert ask(permission=permission) == DENIED


@pytest.mark.parametrize(
    ("expires", "answer"),
    [(-1, DENIED), (0, DENIED), (1, ALLOWED), (0.5, ALLOWED), (-1_700_000_000, DENIED)],
)
def test_a_member_may_until_it_expires(
    join: Join, monkeypatch: pytest.MonkeyPatch, expires: float, answer: Any
) -> None:
    join(expires={"N": str(1_700_000_000 + expires)})
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    assert ask() == answer


@pytest.mark.parametrize(
    "wrong",
    [
        {"principal": None},
        {"principal": {"S": ""}},
        {"principal": {"N": "7"}},
        {"roles": {"S": "dispatcher"}},
        {"roles": {"L": [{"N": "1"}]}},
        {"expires": {"S": "4102444800"}},
        {"expires": {"BOOL": False}},
    ],
)
def test_by_a_row_that_is_written_wrong_nobody_passes(
    join: Join, wrong: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    join(**wrong)
    assert ask() == DENIED
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (logged,) = [line for line in lines if line["event"] == "member not understood"]
    assert logged["level"] == "ERROR"
    assert next(iter(wrong)) in logged["problem"]


def test_a_withdrawn_role_is_gone_at_once(join: Join) -> None:
    join()
    assert ask() == ALLOWED
    join(roles={"SS": ["somebody"]})
    assert ask() == DENIED


def test_the_log_says_why_and_not_who(join: Join, capsys: pytest.CaptureFixture[str]) -> None:
    join()
    ask()
    ask(permission="rides:write")
    ask(token="another")
    join(expires={"N": "1"})
    ask()
    printed = capsys.readouterr()
    digests = [CheckAccess.of(token, "rides:read").token_digest for token in (TOKEN, "another")]
    for secret in (TOKEN, "another", "ada", *digests):
        assert secret not in printed.out + printed.err
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["reason"] for line in lines if line["event"] == "access decided"] == [
        "a role of the member permits it",
        "no role of the member permits it",
        "no member has this token",
        "the member has expired",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"token_digest": TOKEN, "permission": "rides:read"},
        {"token_digest": "A" * 64, "permission": "rides:read"},
        {"token_digest": "a" * 64 + "\n", "permission": "rides:read"},
        {"token_digest": "a" * 65, "permission": "rides:read"},
        {"token_digest": "a" * 64, "permission": "everything"},
        {"token_digest": "a" * 64, "permission": ["rides:read"]},
    ],
)
def test_what_is_no_digest_or_no_permission_is_an_error_that_does_not_quote_it(
    join: Join, body: Any
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        access({"msgTag": "CheckAccess", "body": body}, FakeLambdaContext())
    assert TOKEN not in str(caught.value)


def test_a_table_that_cannot_be_read_is_a_failure_and_no_answer(
    join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_item(**arguments: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")

    monkeypatch.setattr(aws.client("dynamodb"), "get_item", get_item)
    with pytest.raises(ClientError):
        ask()
