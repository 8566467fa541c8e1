"""The deployed system: its APIs, queues, tables and logs."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import urllib3

from demos.strings.expectations import Expectation, Outcome
from ops.errors import OpsError
from ops.inspect import message_log, status
from ops.inspect.message_log import LogEntry
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.polling import wait_until

_SECONDS: Final = 60.0
_CONSUMERS: Final = {"Requestor": "answers", "Generator": "requests"}


@dataclass(frozen=True)
class Client:
    """Requestor and Generator. Logs are read from `begun` (epoch seconds) on.

    A wait that takes longer than a minute ends without an error; the verdict reports the rest.
    """

    aws: Aws
    services: dict[str, Any]
    progress: Progress
    begun: float
    http: urllib3.PoolManager

    def post(self, service: str, path: str, body: dict[str, Any], correlation_id: str) -> Any:
        """Return the JSON response of an API; raises OpsError for an error status."""
        headers = {"x-correlation-id": correlation_id}
        return self._request("POST", service, path, json=body, headers=headers)

    def requested(self, id_: str) -> Any:
        """Return a string as Requestor's API has it."""
        return self._request("GET", "Requestor", f"/strings/{id_}")

    def generated(self, id_: str) -> dict[str, str]:
        """Return a string as Generator's table has it; without an item an empty one."""
        table = self.services["Generator"]["tables"]["strings"]
        found = self.aws.dynamodb.get_item(TableName=table, Key={"id": {"S": id_}})
        return {name: str(value.get("S")) for name, value in found.get("Item", {}).items()}

    def consumer(self, service: str) -> dict[str, str]:
        """Return the queues, the function and the log group of a service's consumer."""
        parts: dict[str, str] = self.services[service]["consumers"][_CONSUMERS[service]]
        return parts

    def queued(self, service: str, expected: int) -> int:
        """Wait for the expected number of messages in a service's queue; return the number."""
        queue = self.consumer(service)["queue"]
        self._wait(
            lambda: status.count(self.aws, queue)["visible"] == expected,
            f"{expected} messages in {service}'s queue",
        )
        return status.count(self.aws, queue)["visible"]

    def reaches(self, string: Expectation, wanted: str) -> bool:
        """Wait until Requestor's API reports the wanted status; return whether it does."""
        return self._wait(
            lambda: bool(self.requested(string.id)["status"] == wanted),
            f"status {wanted} of a string",
        )

    def settle(self, strings: Sequence[Expectation]) -> None:
        """Wait until every expected outcome is logged and all queues are empty."""
        ids = {each.correlation_id for each in strings}
        wanted = Counter(
            (each.correlation_id, outcome) for each in strings for outcome in each.outcomes
        )

        def settled() -> bool:
            logged = Counter(
                (each.correlation_id, Outcome(each.service, each.tag, each.event))
                for each in self.log()
                if each.correlation_id in ids
            )
            return wanted <= logged and not status.backlog(self.aws, self.services)

        self._wait(settled, "the end of every conversation")

    def log(self) -> list[LogEntry]:
        """Return what both consumers have logged about messages."""
        return message_log.entries(self.aws, self.services, self.begun)

    def _wait(self, reached: Callable[[], bool], what: str) -> bool:
        try:
            return bool(wait_until(reached, what, seconds=_SECONDS))
        except TimeoutError as error:
            self.progress.say(str(error))
            return False

    def _request(self, method: str, service: str, path: str, **options: Any) -> Any:
        url = self.services[service]["api"] + path
        response = self.http.request(method, url, timeout=30, retries=False, **options)
        if response.status >= 400:
            text = f"{response.status} {response.data[:500].decode(errors='replace')}"
            raise OpsError(f"{method} {path} of {service} returned {text}")
        return response.json()


def new_correlation_id() -> str:
    """Return the id of a new conversation."""
    return f"demo-{uuid.uuid4()}"


def now() -> float:
    """Return the time in epoch seconds."""
    return time.time()
