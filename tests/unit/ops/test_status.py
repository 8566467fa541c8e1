import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops.inspect import status
from ops.local import state
from ops.local.aws import Aws
from ops.local.state import Deployment, Emulator
from topology.model import Consumer, Service, System

SYSTEM = System(name="shop", services=(Service(name="Billing", consumers=(Consumer("orders"),)),))
FOUND: dict[str, Any] = {
    "emulator": {
        "pid": 7,
        "port": 4570,
        "endpoint": "http://127.0.0.1:4570",
        "uptimeSeconds": 12.3,
    },
    "stage": "local",
    "system": "shop",
    "stacks": [{"name": "local-Platform", "state": "CREATE_COMPLETE"}],
    "queues": [
        {
            "service": "Billing",
            "consumer": "orders",
            "visible": 11,
            "inFlight": 22,
            "delayed": 33,
            "deadLetters": 44,
        }
    ],
}


def rendered(found: dict[str, Any]) -> str:
    out = io.StringIO()
    status.render(found, Console(file=out, width=120))
    return out.getvalue()


def test_everything_is_shown() -> None:
    text = rendered(FOUND)
    for part in ("http://127.0.0.1:4570", "pid 7", "local-Platform", "CREATE_COMPLETE"):
        assert part in text
    row = next(line for line in text.splitlines() if "Billing" in line)
    assert row.split() == ["Billing", "orders", "11", "22", "33", "44"]


def test_down_says_how_to_start() -> None:
    assert "./waystation up" in rendered({**FOUND, "emulator": None})


def test_nothing_is_up_in_an_empty_folder(tmp_path: Path) -> None:
    assert status.collect(tmp_path)["emulator"] is None


@pytest.mark.usefixtures("mocked_aws")
def test_messages_are_counted_per_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws("https://queue.amazonaws.com")
    queue = aws.sqs.create_queue(QueueName="queue")["QueueUrl"]
    dead = aws.sqs.create_queue(QueueName="dead")["QueueUrl"]
    aws.sqs.send_message(QueueUrl=queue, MessageBody="now")
    aws.sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=600)
    for body in "abc":
        aws.sqs.send_message(QueueUrl=dead, MessageBody=body)
    outputs = {"local-Billing": {"OrdersQueue": queue, "OrdersDeadLetters": dead}}
    monkeypatch.setattr(status, "read_outputs", lambda _: outputs)
    monkeypatch.setattr(status, "_stacks", lambda _: [])
    monkeypatch.setattr("ops.local.emulator.running", lambda _: Emulator(7, 1.0, 4566))
    monkeypatch.setattr(status, "Aws", lambda _: aws)
    monkeypatch.setattr(status, "load", lambda _: SYSTEM)
    state.write(tmp_path, Deployment(SYSTEM.name, "local"))
    counts = {"visible": 1, "inFlight": 0, "delayed": 1, "deadLetters": 3}
    found = status.collect(tmp_path)["queues"]
    assert found == [{"service": "Billing", "consumer": "orders", **counts}]
