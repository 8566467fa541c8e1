"""The messages: what is planned for each, and publishing them without faults, once each."""

import json
import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ops.local.aws import Aws
from tests.flows.chaos.lambdas.chaos_desk.handler import Task, Todo

if TYPE_CHECKING:
    from types_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

_SHARES: Final[Mapping[Todo, int]] = {
    "succeed": 60,
    "fail": 15,
    "publish": 15,
    "always": 5,
    "reject": 5,
}


def tasks(count: int) -> dict[str, Task]:
    """Return tasks by message id."""
    todos = random.choices(list(_SHARES), weights=list(_SHARES.values()), k=count)
    return {
        str(uuid.uuid4()): Task(
            todo=todo, times=random.randint(1, 3), seconds=random.uniform(0, 0.02)
        )
        for todo in todos
    }


def publish(aws: Aws, topic: str, messages: Mapping[str, Task], seconds: float) -> None:
    """Publish them in batches of ten, spread over `seconds` or as fast as it goes."""
    batches = list(_batches(list(messages.items())))
    begun = time.monotonic()

    def send(number: int) -> None:
        due = begun + seconds * number / len(batches)
        time.sleep(max(0.0, due - time.monotonic()))
        answer = aws.sns.publish_batch(
            TopicArn=topic, PublishBatchRequestEntries=list(map(_entry, batches[number]))
        )
        assert not answer["Failed"], answer["Failed"]

    # So that the client is made once, before there are threads.
    _ = aws.sns
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(len(batches))))


def _batches(items: Sequence[tuple[str, Task]]) -> Iterator[list[tuple[str, Task]]]:
    rest = iter(items)
    while batch := list(islice(rest, 10)):
        yield batch


def _entry(message: tuple[str, Task]) -> "PublishBatchRequestEntryTypeDef":
    message_id, task = message
    header = {"id": message_id, "correlationid": message_id, "type": task.msg_tag}
    return {
        "Id": message_id,
        "Message": msgspec.json.encode(task).decode(),
        "MessageAttributes": {
            "msgTag": _text(task.msg_tag),
            "fromService": _text("ChaosDesk"),
            "header": {"DataType": "Binary", "BinaryValue": json.dumps(header).encode()},
        },
    }


def _text(value: str) -> Any:
    return {"DataType": "String", "StringValue": value}
