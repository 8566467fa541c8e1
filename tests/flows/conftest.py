"""One real deployment for all flows: the CDK CLI deploys Wild Rydes to an emulator of their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from ops.inspect.endpoints import endpoints
from ops.inspect.message_log import LogEntry, entries
from ops.local import emulator
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.local.state import Deployment
from ops.up import bring_up
from tests.polling import until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let flows reach the loopback, and wait for what takes its time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.emulator)
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True)
class Deployed:
    """A system that runs in the emulator."""

    home: Path
    aws: Aws
    services: dict[str, Any]
    http: urllib3.PoolManager

    @property
    def api(self) -> str:
        """The URL of Unicorn Management's API."""
        url: str = self.services["UnicornManagement"]["api"]
        return url

    def consumer(self, service: str, name: str = "rides") -> dict[str, str]:
        """Return the queue, dead-letter queue and function of a consumer."""
        parts: dict[str, str] = self.services[service]["consumers"][name]
        return parts

    def post(self, body: bytes | None = None, **options: Any) -> urllib3.BaseHTTPResponse:
        """Submit a ride."""
        url = f"{self.api}/submit-ride-completion"
        return self.http.request("POST", url, body=body, timeout=30, retries=False, **options)

    def log(self, since: float, event: str, service: str) -> list[LogEntry]:
        """Return what a service's consumer logged about messages."""
        found = entries(self.aws, {service: self.services[service]}, since)
        return [line for line in found if line.event == event]

    def dead_letter(self, service: str, having: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for the dead letter that `having` recognises, remove it, and return it."""
        queue = self.consumer(service)["deadLetters"]

        def find() -> dict[str, Any] | None:
            answer = self.aws.sqs.receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=10,
                VisibilityTimeout=1,
                MessageAttributeNames=["All"],
            )
            messages: list[Any] = answer.get("Messages", [])
            return next((message for message in messages if having(message)), None)

        letter = until(find, "the dead letter")
        self.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])
        return letter


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of an emulator that ends with the session."""
    path = tmp_path_factory.mktemp("environment")
    yield path
    emulator.stop(path)


@pytest.fixture(scope="session")
def wild_rydes(home: Path) -> Deployed:
    """Deploy Wild Rydes."""
    deployment = Deployment("wild-rydes", "local")
    running, _ = bring_up(home, deployment, None, Progress())
    found = endpoints(running.endpoint, deployment)
    return Deployed(home, Aws(running.endpoint), found["services"], urllib3.PoolManager())
