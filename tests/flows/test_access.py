"""A guarded route: who passes, what is remembered, and what happens without Access Control."""

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

from contracts.access_control import CheckAccess
from ops.polling import wait_until
from tests.flows.conftest import Deployed

PAGE = "https://rides.example"
RIDE: dict[str, Any] = {
    "from": "Berlin",
    "to": "Frankfurt",
    "duration": 420,
    "distance": 600,
    "customer": "cmr",
    "fare": 256.50,
}


@dataclass(frozen=True)
class Rides:
    """Wild Rydes with a ride in it, to be shown to those who may see it."""

    deployed: Deployed
    ride: dict[str, Any]
    since: float

    def join(self, *roles: str, token: str | None = None) -> str:
        """Give a member these roles and no others; return its token."""
        token = token or secrets.token_urlsafe(32)
        self.deployed.aws.dynamodb.put_item(
            TableName=self.deployed.services["AccessControl"]["tables"]["members"],
            Item={
                "id": {"S": CheckAccess.of(token, "any:thing").token_digest},
                "principal": {"S": f"principal-{token}"},
                "roles": {"L": [{"S": role} for role in roles]},
            },
        )
        return token

    def show(
        self, token: str | None, *, ride: str | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Ask for a ride, by default the one there is."""
        url = f"{self.deployed.api}/rides/{ride or self.ride['id']}"
        given = {"authorization": f"Bearer {token}"} if token else {}
        return self.deployed.http.request(
            "GET", url, headers={**given, **headers}, timeout=30, retries=False
        )

    @property
    def access(self) -> dict[str, str]:
        """Where Access Control's function is."""
        found: dict[str, str] = self.deployed.services["AccessControl"]["functions"]["access"]
        return found

    def log(self, group: str) -> list[dict[str, Any]]:
        """Return what a function has logged since the beginning."""
        pages = self.deployed.aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(self.since * 1000)
        )
        texts = [each["message"] for page in pages for each in page["events"]]
        lines = [line for text in texts for line in text.splitlines()]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def decisions(self, correlation_id: str) -> list[bool]:
        """Return what Access Control decided for requests with this id."""
        return [
            line["allowed"]
            for line in self.log(self.access["logGroup"])
            if line["event"] == "access decided" and line["correlationId"] == correlation_id
        ]

    @contextmanager
    def without_access_control(self) -> Iterator[None]:
        """Let Lambda run nothing of Access Control meanwhile."""
        functions, name = self.deployed.aws.functions, self.access["function"]
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        try:
            yield
        finally:
            functions.delete_function_concurrency(FunctionName=name)


@pytest.fixture(scope="module")
def rides(wild_rydes: Deployed) -> Rides:
    """Submit a ride, and wait until it can be seen: cold starts may take longer than anyone waits.

    A failure is not remembered, so that asking again is all it takes.
    """
    since = time.time()
    submitted = wild_rydes.post(json=RIDE)
    assert submitted.status == 201, submitted.data
    found = Rides(wild_rydes, {**RIDE, **submitted.json()}, since)
    token = found.join("dispatcher")
    wait_until(lambda: found.show(token).status == 200, "the ride")
    return found


def test_without_a_token_nobody_is_asked(rides: Rides) -> None:
    flow = str(uuid.uuid4())
    assert rides.show(None, **{"x-correlation-id": flow}).status == 401
    assert rides.decisions(flow) == []


def test_a_token_of_nobody_is_refused(rides: Rides) -> None:
    assert rides.show("nonsense").status == 403


def test_what_is_no_bearer_token_is_refused(rides: Rides) -> None:
    token = rides.join("dispatcher")
    assert rides.show(None, authorization=f"Basic {token}").status == 403
    assert rides.show(None, authorization=token).status == 403
    assert rides.show(token).status == 200


def test_a_dispatcher_sees_a_ride_as_it_was_submitted(rides: Rides) -> None:
    answer = rides.show(rides.join("dispatcher"))
    assert (answer.status, answer.json()) == (200, rides.ride)


def test_a_dispatcher_learns_that_there_is_no_such_ride(rides: Rides) -> None:
    answer = rides.show(rides.join("dispatcher"), ride=str(uuid.uuid4()))
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "There is no such ride."


@pytest.mark.parametrize("roles", [(), ("driver",)])
def test_a_member_without_the_role_is_refused(rides: Rides, roles: tuple[str, ...]) -> None:
    answer = rides.show(rides.join(*roles))
    assert answer.status == 403
    assert "Berlin" not in answer.data.decode()


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [(("dispatcher",), (), 200), ((), ("dispatcher",), 403)],
    ids=["withdrawn", "given"],
)
def test_a_decision_is_remembered_whatever_becomes_of_the_role(
    rides: Rides, before: tuple[str, ...], after: tuple[str, ...], status: int
) -> None:
    flow, token = str(uuid.uuid4()), rides.join(*before)
    assert rides.show(token, **{"x-correlation-id": flow}).status == status

    rides.join(*after, token=token)

    again = [rides.show(token, **{"x-correlation-id": flow}).status for _ in range(3)]
    assert again == [status] * 3
    assert rides.decisions(flow) == [status == 200]


def test_without_access_control_nothing_passes_and_nothing_of_it_is_remembered(
    rides: Rides,
) -> None:
    known, token = rides.join("dispatcher"), rides.join("dispatcher")
    assert rides.show(known).status == 200
    with rides.without_access_control():
        answer = rides.show(token)
        assert answer.status == 500
        assert "Berlin" not in answer.data.decode()
        # Who was let in before still is, and what is open to all is open.
        assert rides.show(known).status == 200
        assert rides.deployed.post(json=RIDE).status == 201

    assert rides.show(token).status == 200


def test_a_page_of_the_map_may_ask_with_a_token(rides: Rides) -> None:
    url = f"{rides.deployed.api}/rides/{rides.ride['id']}"
    asked = {
        "origin": PAGE,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
    }
    answer = rides.deployed.http.request("OPTIONS", url, headers=asked, timeout=30, retries=False)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_a_page_of_the_map_may_read_why_it_was_refused(rides: Rides) -> None:
    for token, status in ((None, 401), ("nonsense", 403)):
        answer = rides.show(token, origin=PAGE)
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == PAGE
        elsewhere = rides.show(token, origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in elsewhere.headers


def test_no_log_tells_who_asked_or_holds_what_a_token_can_be_known_by(rides: Rides) -> None:
    token = rides.join("dispatcher")
    flow = str(uuid.uuid4())
    assert rides.show(token, **{"x-correlation-id": flow}).status == 200
    api = rides.deployed.services["UnicornManagement"]
    groups = (api["apiLogGroup"], api["authorizerLogGroup"], rides.access["logGroup"])
    logged = [rides.log(group) for group in groups]
    for lines in logged:
        assert flow in json.dumps(lines)
    # The principal holds the token.
    for secret in (token, CheckAccess.of(token, "any:thing").token_digest):
        assert secret not in json.dumps(logged)
