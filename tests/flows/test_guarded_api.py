"""An API with a guarded route: who passes, what API Gateway remembers, and what pages may read."""

import json
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from ops.polling import wait_until
from tests.systems.travel.deployed import Travel
from tests.systems.travel.lambdas.contracts.members import CheckMember

PAGE = "https://travel.example"
VISIT: dict[str, Any] = {"traveller": "ada", "city": "Oslo", "hours": 3.0}


@dataclass(frozen=True)
class Lounges:
    """The service Lounges with a visit, which members may see."""

    travel: Travel
    visit: dict[str, Any]
    since: float

    def join(self, *permissions: str, token: str | None = None) -> str:
        """Give a member these permissions and no others; return its token."""
        token = token or secrets.token_urlsafe(32)
        self.travel.aws.dynamodb.put_item(
            TableName=self.travel.services["Members"]["tables"]["members"],
            Item={
                "id": {"S": CheckMember.of(token, "any:thing").token_digest},
                "principal": {"S": f"principal-{token}"},
                "permissions": {"L": [{"S": each} for each in permissions]},
                "expires": {"N": str(self.since + 3_600)},
            },
        )
        return token

    def show(
        self, token: str | None, *, visit: str | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Request a visit, by default the one of this test."""
        given = {"authorization": f"Bearer {token}"} if token else {}
        return self._request("GET", visit, {**given, **headers})

    def preflight(self, **headers: str) -> urllib3.BaseHTTPResponse:
        """Ask for the methods and headers that a page may use."""
        return self._request("OPTIONS", None, headers)

    def _request(
        self, method: str, visit: str | None, headers: dict[str, str]
    ) -> urllib3.BaseHTTPResponse:
        url = f"{self.travel.services['Lounges']['api']}/visits/{visit or self.visit['id']}"
        return self.travel.http.request(method, url, headers=headers, timeout=30, retries=False)

    @property
    def access(self) -> dict[str, str]:
        """The function of Members and its log group."""
        found: dict[str, str] = self.travel.services["Members"]["functions"]["access"]
        return found

    def log(self, group: str) -> list[dict[str, Any]]:
        """Return the lines of a log group since the beginning."""
        pages = self.travel.aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(self.since * 1000)
        )
        texts = [each["message"] for page in pages for each in page["events"]]
        lines = [line for text in texts for line in text.splitlines()]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def decisions(self, correlation_id: str) -> list[bool]:
        """Return the decisions of Members about requests with this id."""
        return [
            line["allowed"]
            for line in self.log(self.access["logGroup"])
            if line["event"] == "member checked" and line["correlationId"] == correlation_id
        ]

    @contextmanager
    def without_members(self) -> Iterator[None]:
        """Let Lambda throttle every invocation of Members meanwhile."""
        functions, name = self.travel.aws.functions, self.access["function"]
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        try:
            yield
        finally:
            functions.delete_function_concurrency(FunctionName=name)


@pytest.fixture(scope="module")
def lounges(travel: Travel) -> Lounges:
    """Begin a visit, and wait until a member sees it: a cold start may take longer than a request
    waits, and a failure is not remembered.
    """
    since = time.time()
    begun = travel.call("POST", "/visits", "Lounges", json=VISIT)
    assert begun.status == 201, begun.data
    assert begun.headers["location"] == f"/visits/{begun.json()['id']}"
    found = Lounges(travel, {**VISIT, **begun.json()}, since)
    token = found.join("visits:read")
    wait_until(lambda: found.show(token).status == 200, "the visit")
    return found


def test_without_a_token_no_function_decides(lounges: Lounges) -> None:
    flow = str(uuid.uuid4())
    assert lounges.show(None, **{"x-correlation-id": flow}).status == 401
    assert lounges.decisions(flow) == []


def test_a_request_without_a_bearer_token_is_refused(lounges: Lounges) -> None:
    token = lounges.join("visits:read")
    assert lounges.show(None, authorization=f"Basic {token}").status == 403
    assert lounges.show(None, authorization=token).status == 403
    assert lounges.show(token).status == 200


@pytest.mark.parametrize("permissions", [(), ("visits:write",)])
def test_a_denied_request_does_not_reach_the_handler(
    lounges: Lounges, permissions: tuple[str, ...]
) -> None:
    assert lounges.show("nonsense").status == 403
    answer = lounges.show(lounges.join(*permissions))
    assert answer.status == 403
    assert VISIT["city"] not in answer.data.decode()


def test_an_allowed_request_reaches_the_handler(lounges: Lounges) -> None:
    token = lounges.join("visits:read")
    answer = lounges.show(token)
    assert (answer.status, answer.json()) == (200, lounges.visit)
    unknown = lounges.show(token, visit=str(uuid.uuid4()))
    assert (unknown.status, unknown.json()["detail"]) == (404, "There is no such visit.")


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [(("visits:read",), (), 200), ((), ("visits:read",), 403)],
    ids=["withdrawn", "given"],
)
def test_a_decision_is_remembered_whatever_becomes_of_the_permission(
    lounges: Lounges, before: tuple[str, ...], after: tuple[str, ...], status: int
) -> None:
    flow, token = str(uuid.uuid4()), lounges.join(*before)
    assert lounges.show(token, **{"x-correlation-id": flow}).status == status

    lounges.join(*after, token=token)

    again = [lounges.show(token, **{"x-correlation-id": flow}).status for _ in range(3)]
    assert again == [status] * 3
    assert lounges.decisions(flow) == [status == 200]


def test_a_failed_decision_lets_nothing_pass_and_is_not_remembered(lounges: Lounges) -> None:
    known, token = lounges.join("visits:read"), lounges.join("visits:read")
    assert lounges.show(known).status == 200
    with lounges.without_members():
        answer = lounges.show(token)
        assert answer.status == 500
        assert VISIT["city"] not in answer.data.decode()
        # A remembered decision and an open route need no decision.
        assert lounges.show(known).status == 200
        assert lounges.travel.call("POST", "/visits", "Lounges", json=VISIT).status == 201

    assert lounges.show(token).status == 200


def test_a_page_of_a_listed_origin_may_send_a_token(lounges: Lounges) -> None:
    answer = lounges.preflight(
        **{
            "origin": PAGE,
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization",
        }
    )
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_a_page_of_a_listed_origin_may_read_a_refusal(lounges: Lounges) -> None:
    for token, status in ((None, 401), ("nonsense", 403)):
        answer = lounges.show(token, origin=PAGE)
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == PAGE
        elsewhere = lounges.show(token, origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in elsewhere.headers


def test_a_route_invokes_a_function_with_its_body(lounges: Lounges) -> None:
    answer = lounges.travel.call("POST", "/prices", "Lounges", json={"hours": 2})
    assert (answer.status, answer.json()) == (200, {"price": 40.0})


@pytest.mark.parametrize(("hours", "status"), [(0, 422), (25, 400)])
def test_an_invocation_over_http_that_fails_is_a_problem(
    lounges: Lounges, hours: int, status: int
) -> None:
    answer = lounges.travel.call("POST", "/prices", "Lounges", json={"hours": hours})
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_log_holds_a_token_its_digest_or_the_principal(lounges: Lounges) -> None:
    token, flow = lounges.join("visits:read"), str(uuid.uuid4())
    assert lounges.show(token, **{"x-correlation-id": flow}).status == 200
    api = lounges.travel.services["Lounges"]
    groups = (api["apiLogGroup"], api["authorizerLogGroup"], lounges.access["logGroup"])
    logged = [lounges.log(group) for group in groups]
    for lines in logged:
        assert flow in json.dumps(lines)
    # The principal contains the token.
    for secret in (token, CheckMember.of(token, "any:thing").token_digest):
        assert secret not in json.dumps(logged)
