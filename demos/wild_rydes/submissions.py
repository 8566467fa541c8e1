"""Submitting rides over HTTP."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any, Final

import urllib3

from demos.wild_rydes.rides import Ride

_ROUTE: Final = "/submit-ride-completion"


@dataclass(frozen=True)
class Submission:
    """A ride that was submitted, at `sent` (epoch seconds); the answers in order."""

    ride: Ride
    correlation_id: str
    sent: float
    answers: tuple[tuple[int, Any], ...]

    @property
    def ride_id(self) -> str | None:
        """The id the API gave it."""
        status, document = self.answers[0]
        return document.get("id") if status == 201 else None


def submit(http: urllib3.PoolManager, api: str, ride: Ride) -> Submission:
    """Submit a ride, or twice where it says so."""
    correlation_id, key = f"demo-{uuid.uuid4()}", str(uuid.uuid4())
    headers = {"x-correlation-id": correlation_id, "idempotency-key": key}
    sent = time.time()
    answers = [_post(http, api + _ROUTE, ride.body(), headers) for _ in range(1 + ride.twice)]
    return Submission(ride, correlation_id, sent, tuple(answers))


def _post(
    http: urllib3.PoolManager, url: str, body: dict[str, Any], headers: dict[str, str]
) -> tuple[int, Any]:
    answer = http.request("POST", url, json=body, headers=headers, timeout=30, retries=False)
    try:
        return answer.status, answer.json()
    except json.JSONDecodeError:
        return answer.status, {"detail": answer.data[:200].decode(errors="replace")}
