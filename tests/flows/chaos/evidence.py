"""What is known afterwards: effects, dead letters, the runtime's log, the workers' journal."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from messaging.testing import state
from ops.local.aws import Aws
from tests.flows.chaos.deployment import Deployed
from tests.flows.chaos.log import read_log
from tests.flows.chaos.records import NATIVE, Evidence, Invocation, Letter, Message

# Seconds for which a dead letter that was looked at stays out of sight.
_ASIDE: Final = 600


def collect(deployed: Deployed) -> Evidence:
    """Read everything; the dead letters stay where they are, out of sight for a while."""
    invocations = _invocations(deployed)
    messages: dict[str, Message] = defaultdict(Message)
    for request, invocation in invocations.items():
        for message_id in invocation.ids:
            messages[message_id].touched_by.append(request)
    for row in _rows(deployed.aws, deployed.tables["effects"]):
        messages[row["id"]["S"]].effects = int(row["effects"]["N"])
        messages[row["id"]["S"]].runs = row["runs"]["SS"]
    timeouts = 0
    for consumer in deployed.consumers.values():
        for message_id, letter in _letters(deployed.aws, consumer["deadLetters"]):
            messages[message_id].letters.append(letter)
        timeouts += read_log(deployed.aws, consumer["logGroup"], messages, invocations)
    return Evidence(messages, invocations, timeouts)


def _invocations(deployed: Deployed) -> dict[str, Invocation]:
    found: dict[str, Invocation] = {}
    for line in map(json.loads, deployed.journal.read_text().splitlines()):
        if line["what"] == "begun":
            found[line["request"]] = Invocation(line["pid"], line["at"], line["ids"])
        else:
            found[line["request"]].ended = True
    return found


def _rows(aws: Aws, table: str) -> Iterator[Any]:
    for page in aws.dynamodb.get_paginator("scan").paginate(TableName=table):
        yield from page["Items"]


def _letters(aws: Aws, queue: str) -> Iterator[tuple[str, Letter]]:
    while messages := aws.sqs.receive_message(
        QueueUrl=queue,
        MaxNumberOfMessages=10,
        VisibilityTimeout=_ASIDE,
        MessageAttributeNames=["All"],
    ).get("Messages"):
        for message in messages:
            attributes = message["MessageAttributes"]
            letter: dict[str, Any] = (
                json.loads(attributes["deadLetter"]["StringValue"])
                if "deadLetter" in attributes
                else {"cause": NATIVE, "attempts": 0, "reason": "received too often"}
            )
            header = state(attributes["header"])
            yield header["id"], Letter(letter["cause"], letter["attempts"], letter["reason"])
