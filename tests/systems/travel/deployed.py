"""The travel system in an emulator, and what tests may see of a conversation in it."""

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from ops.inspect.endpoints import describe, read_outputs
from ops.local import deploy, state
from ops.local.aws import Aws
from ops.local.environment import ACCOUNT, REGION
from ops.local.progress import Progress
from ops.polling import wait_until
from stacks.deployment import Deployment
from tests.stacks.synthesis import synthesize
from tests.systems import catalog
from tests.systems.travel.system import system

STAGE = "travel"
# Seconds that Desk waits for rooms and offers, and Passports for the answer to a call.
LIMIT = 2
CALL_LIMIT = 3


@dataclass(frozen=True)
class Heard:
    """A message that came from a topic."""

    raw: Any

    def attribute(self, name: str) -> str | None:
        """The text of an attribute, if it has it."""
        value: str | None = self.raw["MessageAttributes"].get(name, {}).get("StringValue")
        return value

    @property
    def tag(self) -> str:
        """Its msgTag."""
        return str(self.attribute("msgTag"))

    @property
    def header(self) -> dict[str, Any]:
        """Its header."""
        attribute = self.raw["MessageAttributes"].get("header")
        found: dict[str, Any] = json.loads(attribute["BinaryValue"]) if attribute else {}
        return found

    @property
    def body(self) -> Any:
        """Its document."""
        return json.loads(self.raw["Body"])


@dataclass(frozen=True)
class Line:
    """What a consumer logged about a message."""

    event: str
    tag: str
    id: str
    why: str


@dataclass
class Travel:
    """The system as it runs, and every message that its topics have delivered so far."""

    aws: Aws
    services: dict[str, Any]
    ears: str
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)
    messages: list[Heard] = field(default_factory=list)

    def begin(self, path: str, *, service: str = "Desk", **body: Any) -> "Conversation":
        """Post to an API; the id of the trip is that of the conversation, too."""
        trip = str(uuid.uuid4())
        answer = self.call("POST", path, service, json={"trip": trip, **body}, trip=trip)
        return Conversation(self, trip, answer.status, answer.json())

    def call(
        self, method: str, path: str, service: str, *, trip: str = "", **options: Any
    ) -> urllib3.BaseHTTPResponse:
        """Send a request to the API of a service."""
        url = self.services[service]["api"] + path
        headers = {"x-correlation-id": trip} if trip else {}
        return self.http.request(method, url, headers=headers, timeout=30, retries=False, **options)

    def tell(self, service: str, tag: str) -> "Conversation":
        """Give a command to a service from outside."""
        trip = str(uuid.uuid4())
        header = {"id": str(uuid.uuid4()), "correlationid": trip}
        self.aws.sns.publish(
            TopicArn=self.services[service]["msgIn"],
            Message=json.dumps({"trip": trip}),
            MessageAttributes={
                "msgTag": {"DataType": "String", "StringValue": tag},
                "header": _binary(header),
            },
        )
        return Conversation(self, trip, 0, {})

    def repeat(
        self, message: Heard, service: str, topic: str, *, new_id: str | None = None
    ) -> None:
        """Publish a message once more, as it is but for its id if that is to be a new one."""
        attributes = message.raw["MessageAttributes"]
        if new_id:
            attributes = {**attributes, "header": _binary({**message.header, "id": new_id})}
        self.aws.sns.publish(
            TopicArn=self.services[service][topic],
            Message=message.raw["Body"],
            MessageAttributes=attributes,
        )

    def row(self, service: str, table: str, id_: str) -> dict[str, Any] | None:
        """Return a row as DynamoDB has it, if there is one."""
        name = self.services[service]["tables"][table]
        found = self.aws.dynamodb.get_item(
            TableName=name, Key={"id": {"S": id_}}, ConsistentRead=True
        )
        return dict(found["Item"]) if "Item" in found else None

    def hear(self) -> list[Heard]:
        """Return every message that the topics have delivered."""
        while found := self.aws.sqs.receive_message(
            QueueUrl=self.ears, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for each in found:
                self.messages.append(Heard(each))
                self.aws.sqs.delete_message(QueueUrl=self.ears, ReceiptHandle=each["ReceiptHandle"])
        return self.messages

    def kept(self, queue: str, trip: str) -> dict[str, Any]:
        """Wait for the message about a trip in a queue for failures, remove it and return it."""

        def find() -> Any:
            answer = self.aws.sqs.receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=10,
                VisibilityTimeout=1,
                MessageAttributeNames=["All"],
            )
            found = answer.get("Messages", [])
            return next((each for each in found if trip in each["Body"]), None)

        message: dict[str, Any] = wait_until(find, "what is kept of a failure")
        self.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return message


@dataclass(frozen=True)
class Conversation:
    """All that is said with one correlation id; `status` and `answer` are those of its start."""

    travel: Travel
    trip: str
    status: int
    answer: Any

    def notes(self, count: int) -> list[str]:
        """Wait until Desk has so many notes about the trip; return all there are."""
        return [entry["what"] for entry in self.entries(count)]

    def entries(self, count: int) -> list[dict[str, str]]:
        """Wait for notes; return them with the conversation and the request they belong to."""

        def written() -> list[Any] | None:
            row = self.travel.row("Desk", "trips", self.trip) or {}
            notes: list[Any] = row.get("notes", {}).get("L", [])
            return notes if len(notes) >= count else None

        found = wait_until(written, f"{count} notes of a trip")
        return [{name: value["S"] for name, value in note["M"].items()} for note in found]

    def row(self, service: str, table: str, prefix: str = "") -> dict[str, Any]:
        """Wait for a row about the trip; return its values."""
        what = f"a row of {service}"
        row = wait_until(lambda: self.travel.row(service, table, prefix + self.trip), what)
        return {name: next(iter(value.values())) for name, value in row.items()}

    def said(self, count: int) -> list[Heard]:
        """Wait until topics have delivered so many messages; return all, causes before effects."""

        def heard() -> list[Heard] | None:
            found = [m for m in self.travel.hear() if m.header.get("correlationid") == self.trip]
            return found if len(found) >= count else None

        found = wait_until(heard, f"{count} messages of a conversation")
        return sorted(found, key=lambda message: message.header.get("hops", 0))

    def logged(self, service: str, consumer: str) -> list[Line]:
        """Return what a consumer has logged about messages of the conversation."""
        group = self.travel.services[service]["consumers"][consumer]["logGroup"]
        pages = self.travel.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        texts = (t for p in pages for e in p["events"] for t in e["message"].splitlines())
        found = (json.loads(text) for text in texts if self.trip in text and text[:1] == "{")
        return [
            Line(line["event"], line["msgTag"], line["messageId"], line.get("why", ""))
            for line in found
            if line.get("correlationId") == self.trip
        ]

    def became(self, service: str, consumer: str, event: str, tag: str) -> Line:
        """Wait until a consumer has logged that this became of a message."""

        def find() -> Line | None:
            lines = self.logged(service, consumer)
            return next((each for each in lines if (each.event, each.tag) == (event, tag)), None)

        return wait_until(find, f"{tag} to be {event}")


def _binary(value: object) -> Any:
    """Return JSON as a Binary attribute."""
    return {"DataType": "Binary", "BinaryValue": json.dumps(value).encode()}


def deploy_travel(own: Path, endpoint: str) -> Travel:
    """Deploy the system to an emulator, with a queue that hears all that its topics deliver."""
    code = catalog.code(system, own / "lambdas")
    synthesize(system, Deployment(stage=STAGE, target="local", lambdas=code), deploy.assembly(own))
    deploy.bootstrap(own, endpoint)
    deploy.deploy(own, endpoint, state.Deployment(system.name, STAGE), Progress())
    aws = Aws(endpoint)
    services = describe(endpoint, system, STAGE, read_outputs(aws))["services"]
    return Travel(aws, services, _ears(aws, services))


def _ears(aws: Aws, services: dict[str, Any]) -> str:
    queue = aws.sqs.create_queue(QueueName="travel-ears")["QueueUrl"]
    found = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": found["Attributes"]["QueueArn"],
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{STAGE}-*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    for service in services.values():
        for topic in ("msgIn", "msgOut"):
            aws.sns.subscribe(
                TopicArn=service[topic],
                Protocol="sqs",
                Endpoint=found["Attributes"]["QueueArn"],
                Attributes={"RawMessageDelivery": "true"},
            )
    return queue
