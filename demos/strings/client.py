"""Requestor and Generator where they are deployed: asking them, and looking at what they have."""

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import urllib3

from demos.strings.asked import Asked, Leg
from ops.errors import OpsError
from ops.inspect import message_log as watch, status
from ops.inspect.message_log import Seen
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.polling import until

# Seconds until a wait is given up; the verdict says then what is missing.
_PATIENCE: Final = 60.0
_CONSUMERS: Final = {"Requestor": "answers", "Generator": "requests"}


@dataclass(frozen=True)
class Place:
    """The deployed system. Logs are read from `begun` (epoch seconds) on."""

    aws: Aws
    services: dict[str, Any]
    progress: Progress
    begun: float
    http: urllib3.PoolManager

    def post(self, service: str, path: str, body: dict[str, Any], correlation_id: str) -> Any:
        """Return what an API answers; raises OpsError when that is an error."""
        headers = {"x-correlation-id": correlation_id}
        return self._ask("POST", service, path, json=body, headers=headers)

    def shown(self, id_: str) -> Any:
        """Return what Requestor's API knows of a string."""
        return self._ask("GET", "Requestor", f"/strings/{id_}")

    def generated(self, id_: str) -> dict[str, str]:
        """Return Generator's row of a string; an empty one where there is none."""
        table = self.services["Generator"]["tables"]["strings"]
        found = self.aws.dynamodb.get_item(TableName=table, Key={"id": {"S": id_}})
        return {name: str(value.get("S")) for name, value in found.get("Item", {}).items()}

    def consumer(self, service: str) -> dict[str, str]:
        """Return the queues and the function of a service's one consumer."""
        parts: dict[str, str] = self.services[service]["consumers"][_CONSUMERS[service]]
        return parts

    def waiting(self, service: str, expected: int) -> int:
        """Return how many messages wait in a service's queue, once they are as many as expected."""
        queue = self.consumer(service)["queue"]
        until(lambda: status.count(self.aws, queue)["visible"] == expected, _PATIENCE)
        return status.count(self.aws, queue)["visible"]

    def becomes(self, asked: Asked, wanted: str) -> bool:
        """Wait until Requestor says that a string has this status."""
        return until(lambda: bool(self.shown(asked.id)["status"] == wanted), _PATIENCE)

    def settle(self, asked: Sequence[Asked]) -> None:
        """Wait until every leg of these conversations is over."""
        ids = {each.correlation_id for each in asked}
        wanted = Counter((each.correlation_id, leg) for each in asked for leg in each.legs)

        def over() -> bool:
            ended = Counter(
                (each.correlation_id, Leg(each.service, each.tag, each.event))
                for each in self.log()
                if each.correlation_id in ids
            )
            return wanted <= ended and not status.waiting(self.aws, self.services)

        if not until(over, _PATIENCE):
            self.progress.say(f"gave up waiting after {_PATIENCE:.0f} s")

    def log(self) -> list[Seen]:
        """Return what both consumers have logged about messages."""
        return watch.lines(self.aws, self.services, self.begun)

    def _ask(self, method: str, service: str, path: str, **options: Any) -> Any:
        url = self.services[service]["api"] + path
        answer = self.http.request(method, url, timeout=30, retries=False, **options)
        if answer.status >= 400:
            raise OpsError(f"{method} {path} was answered {answer.status}: {answer.data[:500]!r}")
        return answer.json()


def new_correlation_id() -> str:
    """Return the id of a new conversation."""
    return f"demo-{uuid.uuid4()}"


def now() -> float:
    """Return the time in epoch seconds."""
    return time.time()
