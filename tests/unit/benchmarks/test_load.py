"""All contenders get the same load, and all handle it."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import orders
from benchmarks.contenders import FUNCTIONS, variables
from benchmarks.functions import business
from benchmarks.programs.context import Context
from messaging.aws import clients as aws
from messaging.testing import state

CONTENDERS = ("waystation", "powertools", "powertools_silent")


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mocked_aws: None) -> Path:
    file = tmp_path / "notes"
    file.touch()
    monkeypatch.setattr(business, "_FILE", str(file))
    monkeypatch.setattr(business, "_SUCCEEDS_AT", 3)
    queue, dead = (
        aws.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("work", "dead")
    )
    for name, value in variables(queue=queue, dead_letters=dead).items():
        monkeypatch.setenv(name, value)
    return file


@pytest.mark.parametrize("contender", CONTENDERS)
def test_a_contender_handles_every_order_and_one_in_ten_fails(contender: str, notes: Path) -> None:
    _handle(contender, orders.event(110))

    lines = [line.split() for line in notes.read_text().splitlines()]
    failed = [order for order, outcome in lines if outcome == "failed"]
    assert [order for order, _ in lines] == [f"order-{number:06d}" for number in range(110)]
    assert failed == [f"order-{number:06d}" for number in (*range(10), *range(100, 110))]


def test_waystation_requeues_failures_and_powertools_returns_them(notes: Path) -> None:
    assert len(_handle("waystation", orders.event(20))["batchItemFailures"]) == 0
    assert len(_handle("powertools", orders.event(20))["batchItemFailures"]) == 10


@pytest.mark.parametrize("contender", CONTENDERS)
def test_a_contender_refuses_an_order_that_breaks_its_contract(contender: str, notes: Path) -> None:
    event = orders.event(12)
    broken = json.loads(event["Records"][11]["body"]) | {"total": -1}
    event["Records"][11]["body"] = json.dumps(broken)

    _handle(contender, event)

    assert "order-000011" not in notes.read_text()
    assert "order-000010 done" in notes.read_text()


def test_the_load_is_the_same_every_time_and_no_two_batches_share_an_id() -> None:
    assert orders.event(3, "a") == orders.event(3, "a")
    ids = {_header(record)["id"] for batch in "ab" for record in orders.event(3, batch)["Records"]}
    assert len(ids) == 6


def _handle(contender: str, event: dict[str, Any]) -> Any:
    return importlib.import_module(f"{FUNCTIONS}.{contender}").handler(event, Context())


def _header(record: dict[str, Any]) -> Any:
    return state(record["messageAttributes"]["header"])
