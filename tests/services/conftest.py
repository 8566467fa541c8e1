"""A service's own tables, bucket and MsgOut, in moto, made from the topology."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from contracts.unicorn_management import RideCompleted
from messaging.aws import clients as aws
from messaging.settings import Settings
from topology.registry import systems

MakeRide = Callable[..., RideCompleted]


@dataclass(frozen=True)
class Deployed:
    """What a test may look at: rows, objects, and the messages on MsgOut."""

    settings: Settings
    queue_url: str

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return every row of a table, by id, as plain values."""
        found = aws.client("dynamodb").scan(TableName=self.settings.resources[table])["Items"]
        plain = [{key: next(iter(value.values())) for key, value in row.items()} for row in found]
        return sorted(plain, key=lambda row: str(row["id"]))

    def lake(self) -> dict[str, Any]:
        """Return every object of the lake, by key, as JSON."""
        s3, bucket = aws.client("s3"), self.settings.resources["lake"]
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {
            key: json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys
        }

    def published(self) -> list[dict[str, Any]]:
        """Take the messages that arrived from MsgOut."""
        answer = aws.client("sqs").receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(answer.get("Messages", []))


Deploy = Callable[[str], Deployed]


@pytest.fixture
def deploy(mocked_aws: None, configure: Callable[[Settings], None]) -> Deploy:
    """Return a function that makes what a service owns, and its settings."""

    def make(name: str) -> Deployed:
        services = [service for system in systems().values() for service in system.services]
        [service] = [service for service in services if service.name == name]
        resources = {table.name: _table(name, table.name) for table in service.tables}
        if name == "DataLakeIngestion":
            resources["lake"] = _bucket("the-lake")
        # A client takes a tenth of a second to make; most services do not publish.
        topic, queue_url = _msg_out(name) if service.publishes else ("", "")
        value = Settings(
            stage="test",
            service=name,
            msg_out_arn=topic,
            publishes=tuple(event.msg_tag for event in service.publishes),
            resources=resources,
        )
        configure(value)
        return Deployed(value, queue_url)

    return make


@pytest.fixture
def make_ride() -> MakeRide:
    """Return a function that makes a ride, the workshop's unless changed."""

    def make(**changes: Any) -> RideCompleted:
        usual = {
            "id": "ride-1",
            "from_": "Berlin",
            "to": "Frankfurt",
            "duration": 420,
            "distance": 600,
            "customer": "cmr",
            "fare": 256.5,
        }
        return RideCompleted(**{**usual, **changes})

    return make


def _table(service: str, name: str) -> str:
    deployed = f"test-{service}-{name}"
    aws.client("dynamodb").create_table(
        TableName=deployed,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    return deployed


def _bucket(name: str) -> str:
    here = {"LocationConstraint": "eu-central-1"}
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=here)
    return name


def _msg_out(service: str) -> tuple[str, str]:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name=f"test-{service}-MsgOut")["TopicArn"]
    queue_url = sqs.create_queue(QueueName=f"test-{service}-listener")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=attributes["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    return topic, queue_url
