"""Order and large bodies, through FIFO topics and queues to functions."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from ops.inspect.endpoints import describe, read_outputs
from ops.local import deploy, emulator, state
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.polling import wait_until
from stacks.deployment import Deployment
from tests.flows.queues import delay_and_keep
from tests.stacks.synthesis import synthesize
from tests.systems import catalog
from tests.systems.warehouse.system import system

STAGE = "fifo"


class Warehouse:
    """The test system as it runs in the emulator."""

    def __init__(self, aws: Aws, services: dict[str, Any]) -> None:
        self.aws, self.services = aws, services

    def move(self, item: str, *places: str, **options: int) -> None:
        """Ask to move an item to one place after the other."""
        for place in places:
            self.aws.sns.publish(
                TopicArn=self.services["Warehouse"]["msgIn"],
                Message=json.dumps({"item": item, "to": place, **options}),
                MessageAttributes={"msgTag": {"DataType": "String", "StringValue": "Move"}},
                MessageGroupId=item,
                MessageDeduplicationId=str(uuid.uuid4()),
            )

    def row(self, service: str, table: str, item: str) -> dict[str, Any]:
        """Return the row of an item, if there is one."""
        name = self.services[service]["tables"][table]
        found = self.aws.dynamodb.get_item(TableName=name, Key={"id": {"S": item}})
        return dict(found.get("Item", {}))

    def places(self, item: str, count: int) -> list[str]:
        """Wait until Ledger has written down so many places of an item; return them in order."""

        def written() -> list[str] | None:
            places = self.row("Ledger", "items", item).get("places", {}).get("L", [])
            return [place["S"] for place in places] if len(places) >= count else None

        return wait_until(written, f"{count} places of {item}")


@pytest.fixture(scope="module")
def warehouse(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Deploy the test system beside whatever else runs in the session's emulator."""
    own = tmp_path_factory.mktemp("warehouse")
    code = catalog.code(system, own / "lambdas")
    synthesize(system, Deployment(stage=STAGE, target="local", lambdas=code), deploy.assembly(own))
    endpoint = emulator.start(home)[0].endpoint
    deploy.bootstrap(own, endpoint)
    deploy.deploy(own, endpoint, state.Deployment(system.name, STAGE), Progress())
    aws = Aws(endpoint)
    return Warehouse(aws, describe(endpoint, system, STAGE, read_outputs(aws))["services"])


def test_messages_of_a_group_are_handled_in_order(warehouse: Warehouse) -> None:
    places = [f"shelf-{n}" for n in range(12)]

    warehouse.move("chair", *places)

    assert warehouse.places("chair", 12) == [f"{place} 0" for place in places]


def test_one_that_fails_holds_up_its_group_and_no_other(warehouse: Warehouse) -> None:
    warehouse.move("lamp", "attic", failures=3)
    warehouse.move("lamp", "cellar", "garden")
    warehouse.move("table", "hall")

    assert warehouse.places("table", 1) == ["hall 0"]
    assert warehouse.places("lamp", 3) == ["attic 0", "cellar 0", "garden 0"]


def test_a_body_too_large_for_sns_arrives_all_the_same(warehouse: Warehouse) -> None:
    warehouse.move("piano", "stage", note=400_000)

    assert warehouse.places("piano", 1) == ["stage 400000"]
    bucket = warehouse.services["Warehouse"]["resources"]["ClaimsBucket"]
    (stored,) = warehouse.aws.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert stored["Key"].startswith("Moved/")
    assert stored["Size"] > 400_000


def test_a_standard_queue_hears_a_fifo_topic(warehouse: Warehouse) -> None:
    warehouse.move("bench", "park", "lake")

    def counted() -> bool:
        return warehouse.row("Audit", "counts", "bench").get("moves") == {"N": "2"}

    assert wait_until(counted, "two moves of the bench")


def test_each_consumer_delays_and_keeps(warehouse: Warehouse) -> None:
    delay_and_keep(warehouse.aws, system, warehouse.services)
