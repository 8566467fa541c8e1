"""Handlers that do what the message says, and whose effect shows when it happens twice."""

import base64
import functools
import json
import os
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

import messaging
from contracts.message import Event
from messaging import Context, Reject, client, table
from messaging.consumer.batch import BatchResponse
from messaging.deadline import LambdaContext

Todo = Literal["succeed", "fail", "always", "reject", "publish"]

# Environment variables of the function: where the journal is, and the emulator without the faults.
JOURNAL: Final = "CHAOS_JOURNAL"
DIRECT: Final = "CHAOS_DIRECT"


class Task(Event, frozen=True, kw_only=True):
    """Something to do: `fail` fails the first `times` attempts; it takes `seconds`."""

    msg_tag: ClassVar[str] = "ChaosTask"
    todo: Todo
    times: int = 0
    seconds: float = 0.0


class FollowUp(Event, frozen=True, kw_only=True):
    """Published by the tasks whose plan says so."""

    msg_tag: ClassVar[str] = "ChaosFollowUp"
    of: str


class Failed(Exception):
    """A simulated failure of the handler."""


class Journaled(messaging.Consumer):
    """A consumer that notes when an invocation begins and ends: one that died has no end."""

    request_id: str = ""

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> BatchResponse:
        """Process one batch, between two lines of the journal."""
        self.request_id = context.aws_request_id
        ids = [_message_id(record) for record in event["Records"]]
        self._note("begun", ids=ids)
        answer: BatchResponse = super().__call__(event, context)
        self._note("ended", kept=len(answer["batchItemFailures"]))
        return answer

    def _note(self, what: str, **fields: object) -> None:
        line = {"what": what, "request": self.request_id, "pid": os.getpid(), "at": time.time()}
        # One write to a file opened for appending: whole, whoever else writes, whoever dies.
        file = os.open(os.environ[JOURNAL], os.O_WRONLY | os.O_APPEND)
        os.write(file, (json.dumps(line | fields) + "\n").encode())
        os.close(file)

    def effect(self, message_id: str) -> None:
        """Count that it happened. Deliberately not idempotent; `runs` tells who did it."""
        _dynamodb().update_item(
            TableName=table.name("effects"),
            Key={"id": {"S": message_id}},
            UpdateExpression="ADD effects :one, runs :run",
            ExpressionAttributeValues={":one": {"N": "1"}, ":run": {"SS": [self.request_id]}},
        )


def _message_id(record: Mapping[str, Any]) -> str:
    header = base64.b64decode(record["messageAttributes"]["header"]["binaryValue"])
    return str(json.loads(header)["id"])


@functools.cache
def _dynamodb() -> Any:
    import botocore.session
    from botocore.config import Config

    # Past the proxy, and never retried: the effect is what is counted, not what is under test.
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
    session = botocore.session.get_session()
    return session.create_client("dynamodb", endpoint_url=os.environ[DIRECT], config=config)


work = Journaled()
followups = Journaled()


@work.on(Task)
def do(task: Task, context: Context) -> None:
    """Fail, reject, or have an effect, as planned; the time it takes lies around the effect."""
    if task.todo == "always" or (task.todo == "fail" and context.attempt <= task.times):
        raise Failed(f"simulated failure of attempt {context.attempt}")
    if task.todo == "reject":
        raise Reject("simulated refusal")
    time.sleep(task.seconds / 2)
    work.effect(context.message_id)
    time.sleep(task.seconds / 2)
    if task.todo == "publish":
        context.publish(FollowUp(of=context.message_id))


@followups.on(FollowUp)
def note(follow_up: FollowUp, context: Context) -> None:
    """Have an effect."""
    followups.effect(context.message_id)


if JOURNAL in os.environ:
    # While the worker starts, which its time-out does not count: starts are what chaos is full of.
    _dynamodb()
    for service in ("dynamodb", "sqs", "sns"):
        client(service)
