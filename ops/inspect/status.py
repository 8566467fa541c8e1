"""Whether the emulator is up, the stacks, and the messages in each queue."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ops.inspect.endpoints import describe, read_outputs
from ops.local import emulator, state
from ops.local.aws import Aws
from ops.local.state import Deployment, Emulator
from ops.systems import STAGE, default, load

if TYPE_CHECKING:
    from types_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: Final[Mapping[str, "QueueAttributeNameType"]] = {
    "visible": "ApproximateNumberOfMessages",
    "inFlight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}


def collect(home: Path) -> dict[str, Any]:
    """Return the emulator, every stack and every queue; `emulator` is None if it is not up."""
    running = emulator.running(home)
    deployed = state.read_deployment(home) or Deployment(default(), STAGE)
    if running is None:
        return {"emulator": None, "stage": None, "system": None, "stacks": [], "queues": []}
    aws = Aws(running.endpoint)
    return {
        "emulator": _emulator(running, home),
        "stage": deployed.stage,
        "system": deployed.system,
        "stacks": _stacks(aws),
        "queues": _queues(aws, deployed),
    }


def _emulator(running: Emulator, home: Path) -> dict[str, Any]:
    return {
        "pid": running.pid,
        "port": running.port,
        "endpoint": running.endpoint,
        "uptimeSeconds": round(time.time() - running.create_time, 1),
        "log": str(emulator.log_file(home)),
    }


def _stacks(aws: Aws) -> list[dict[str, str]]:
    pages = aws.cloudformation.get_paginator("describe_stacks").paginate()
    return [
        {"name": stack["StackName"], "state": stack["StackStatus"]}
        for page in pages
        for stack in page["Stacks"]
    ]


def _queues(aws: Aws, deployed: Deployment) -> list[dict[str, Any]]:
    services = describe("", load(deployed.system), deployed.stage, read_outputs(aws))["services"]
    consumers = list(_consumers(services))
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda found: _queue(aws, *found), consumers))


def backlog(aws: Aws, services: Mapping[str, Any]) -> int:
    """Return how many messages the queues of these services hold, dead letters left out."""
    queues = [parts["queue"] for _, _, parts in _consumers(services)]
    return sum(sum(count(aws, queue).values()) for queue in queues)


def _consumers(services: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    for service, found in services.items():
        for consumer, parts in found["consumers"].items():
            if "queue" in parts:
                yield service, consumer, parts


def _queue(aws: Aws, service: str, consumer: str, parts: dict[str, str]) -> dict[str, Any]:
    dead = sum(count(aws, parts["deadLetters"]).values()) if "deadLetters" in parts else 0
    return {
        "service": service,
        "consumer": consumer,
        **count(aws, parts["queue"]),
        "deadLetters": dead,
    }


def count(aws: Aws, queue: str) -> dict[str, int]:
    """Return how many messages of a queue (its URL) are visible, in flight and delayed."""
    found = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return {name: int(found[attribute]) for name, attribute in _COUNTS.items()}


def render(found: dict[str, Any], console: Console) -> None:
    """Print the state for people."""
    running = found["emulator"]
    if running is None:
        console.print("not up. Start it with: ./waystation up --detach")
        return
    up = f"up at {running['endpoint']} (pid {running['pid']}, {running['uptimeSeconds']:.0f} s)"
    console.print(Group(Text(up), Text(), _stack_table(found), Text(), _queue_table(found)))


def _stack_table(found: dict[str, Any]) -> Table:
    table = Table("stack", "state", box=None, pad_edge=False)
    for stack in found["stacks"]:
        table.add_row(stack["name"], stack["state"])
    return table


def _queue_table(found: dict[str, Any]) -> Table:
    table = Table("service", "consumer", box=None, pad_edge=False)
    for title in ("visible", "in flight", "delayed", "dead letters"):
        table.add_column(title, justify="right")
    for queue in found["queues"]:
        numbers = [str(queue[name]) for name in ("visible", "inFlight", "delayed", "deadLetters")]
        table.add_row(queue["service"], queue["consumer"], *numbers)
    return table
