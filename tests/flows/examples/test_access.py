"""The guarded route of Unicorn Management: whom Access Control lets pass."""

import json
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from contracts.access_control import CheckAccess
from ops.polling import wait_until
from tests.flows.examples.conftest import WildRydes

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

    deployed: WildRydes
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


@pytest.fixture(scope="module")
def rides(wild_rydes: WildRydes) -> Rides:
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


def test_a_token_of_nobody_is_refused(rides: Rides) -> None:
    assert rides.show("nonsense").status == 403


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
