"""Submits rides over HTTP."""

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
    """A ride submitted at `sent` (epoch seconds), and its responses: status and document."""

    ride: Ride
    correlation_id: str
    sent: float
    responses: tuple[tuple[int, Any], ...]

    @property
    def ride_id(self) -> str | None:
        """The ride's id from the response, None if the ride was refused."""
        status, document = self.responses[0]
        return document.get("id") if status == 201 else None


def submit(http: urllib3.PoolManager, api: str, ride: Ride) -> Submission:
    """Submit a ride, a second time if `ride.twice`."""
    correlation_id, key = f"demo-{uuid.uuid4()}", str(uuid.uuid4())
    headers = {"x-correlation-id": correlation_id, "idempotency-key": key}
    sent = time.time()
    responses = [_post(http, api + _ROUTE, ride.body(), headers) for _ in range(1 + ride.twice)]
    return Submission(ride, correlation_id, sent, tuple(responses))


def _post(
    http: urllib3.PoolManager, url: str, body: dict[str, Any], headers: dict[str, str]
) -> tuple[int, Any]:
    response = http.request("POST", url, json=body, headers=headers, timeout=30, retries=False)
    try:
        return response.status, response.json()
    except json.JSONDecodeError:
        return response.status, {"detail": response.data[:200].decode(errors="replace")}
