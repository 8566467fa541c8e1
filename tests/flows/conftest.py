"""Real deployments: the CDK CLI deploys systems to an emulator of the tests' own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from ops.inspect.endpoints import endpoints
from ops.local import emulator
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.local.state import Deployment
from ops.polling import wait_until
from ops.up import bring_up
from tests.systems.travel.deployed import Travel, deploy_travel
from topology import registry

STAGE = "local"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let flows reach the loopback, and wait for what takes its time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.emulator)
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(autouse=True)
def surroundings() -> None:
    """Leave the environment as it is: each client is given the emulator's address."""


@dataclass(frozen=True)
class Deployed:
    """A system that runs in an emulator whose files are in `home`."""

    home: Path
    aws: Aws
    services: dict[str, Any]
    http: urllib3.PoolManager

    def dead_letter(self, queue: str, having: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for the dead letter that `having` recognises, remove it, and return it."""

        def find() -> dict[str, Any] | None:
            answer = self.aws.sqs.receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=10,
                VisibilityTimeout=1,
                MessageAttributeNames=["All"],
            )
            messages: list[Any] = answer.get("Messages", [])
            return next((message for message in messages if having(message)), None)

        letter = wait_until(find, "the dead letter")
        self.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])
        return letter


Bring = Callable[[str], Deployed]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of an emulator that ends with the session."""
    path = tmp_path_factory.mktemp("environment")
    yield path
    emulator.stop(path)


@pytest.fixture(scope="session")
def bring(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bring]:
    """Return a function that deploys a system of `systems/` as `./waystation up` does, once: the
    default system to `home`, any other to an emulator of its own.
    """
    done: dict[str, Deployed] = {}

    def get(name: str) -> Deployed:
        if name not in done:
            own = home if name == registry.default() else tmp_path_factory.mktemp(name)
            deployment = Deployment(name, STAGE)
            running, _ = bring_up(own, deployment, None, Progress())
            services = endpoints(running.endpoint, deployment)["services"]
            done[name] = Deployed(own, Aws(running.endpoint), services, urllib3.PoolManager())
        return done[name]

    yield get
    for each in done.values():
        if each.home != home:
            emulator.stop(each.home)


@pytest.fixture(scope="session")
def travel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Travel:
    """Deploy the system travel beside whatever else runs in the session's emulator."""
    own = tmp_path_factory.mktemp("travel")
    deployed = deploy_travel(own, emulator.start(home)[0].endpoint)
    # What the tests with short time limits need starts now: a first start may take longer.
    offers = deployed.begin("/offers")
    deployed.call("POST", "/visas", "Passports", json={"country": "Japan"})
    wait_until(lambda: len(offers.logged("Desk", "answers")) == 4, "three answers and a time-out")
    return deployed
