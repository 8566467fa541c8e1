"""One emulator, with IAM enforced, for the tests of its patches."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from ops.local import emulator, environment
from ops.local.aws import Aws

ANYTHING = {"Effect": "Allow", "Action": ["sqs:*", "sns:*"], "Resource": "*"}
# SQS and SNS refuse the same batches, each with a code that ends so.
malformed_batches = pytest.mark.parametrize(
    ("ids", "code"),
    [
        ((), "EmptyBatchRequest"),
        (range(11), "TooManyEntriesInBatchRequest"),
        (("a", "a"), "BatchEntryIdsNotDistinct"),
        (("a b",), "InvalidBatchEntryId"),
        (("a" * 81,), "InvalidBatchEntryId"),
    ],
)
_numbers = itertools.count()
_KEYS = {"aws_access_key_id": environment.KEY, "aws_secret_access_key": environment.KEY}
_CONFIG = Config(proxies={}, parameter_validation=False, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Account:
    """The emulator's account: new queues and topics, and what is in them."""

    endpoint: str

    @cached_property
    def aws(self) -> Aws:
        """The clients with the root credentials."""
        return Aws(self.endpoint)

    @cached_property
    def sns(self) -> Any:
        """SNS, for requests that a client with validation does not send."""
        return self.client("sns")

    @cached_property
    def sqs(self) -> Any:
        """SQS, for requests that a client with validation does not send."""
        return self.client("sqs")

    def client(self, service: str, **keys: str) -> Any:
        """Return a new client without validation; `keys` are other credentials than the root's."""
        session: Any = Session()
        return session.create_client(
            service,
            region_name=environment.REGION,
            endpoint_url=self.endpoint,
            config=_CONFIG,
            **(keys or _KEYS),
        )

    def queue(self, *, fifo: bool = False, **attributes: str) -> str:
        """Create a queue that takes messages of every topic; return its URL."""
        policy = {
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "*",
            }
        }
        created = self.sqs.create_queue(
            QueueName=name(fifo),
            Attributes={"Policy": json.dumps(policy), **_fifo("Queue", fifo), **attributes},
        )
        return str(created["QueueUrl"])

    def arn(self, queue: str) -> str:
        """Return the ARN of a queue."""
        found = self.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return found["Attributes"]["QueueArn"]

    def topic(self, *, fifo: bool = False) -> str:
        """Create a topic; return its ARN."""
        created = self.aws.sns.create_topic(Name=name(fifo), Attributes=_fifo("Topic", fifo))
        return created["TopicArn"]

    def subscribe(self, topic: str, queue: str, **attributes: object) -> str:
        """Subscribe a queue with raw delivery; return the subscription's ARN."""
        texts = {key: _text(value) for key, value in attributes.items()}
        return self.aws.sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=self.arn(queue),
            Attributes={"RawMessageDelivery": "true"} | texts,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

    def received(self, queue: str, seconds: int = 0) -> list[Any]:
        """Return the messages of a queue, with all attributes; wait for them if there are none."""
        answer = self.aws.sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def stack(self, resources: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, str]:
        """Create a stack; return its outputs. Raises AssertionError with the reason if it fails."""
        stack, document = name(), json.dumps({"Resources": resources, "Outputs": outputs})
        formation = self.aws.cloudformation
        formation.create_stack(
            StackName=stack,
            TemplateBody=document,
            OnFailure="DO_NOTHING",
            Capabilities=["CAPABILITY_IAM"],
        )
        try:
            formation.get_waiter("stack_create_complete").wait(
                StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
            )
        except Exception as error:
            events = formation.describe_stack_events(StackName=stack)["StackEvents"]
            reasons = [event.get("ResourceStatusReason", "") for event in events]
            raise AssertionError("\n".join(reasons)) from error
        (found,) = formation.describe_stacks(StackName=stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}


def name(fifo: bool = False) -> str:
    """Return a name that no other queue or topic has."""
    return f"n{next(_numbers)}{'.fifo' if fifo else ''}"


def _fifo(kind: str, fifo: bool) -> dict[str, str]:
    return {f"Fifo{kind}": "true", "ContentBasedDeduplication": "true"} if fifo else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def text(value: str, data_type: str = "String") -> dict[str, Any]:
    """Return an attribute with a text value."""
    return {"DataType": data_type, "StringValue": value}


def role_template(principal: Mapping[str, str]) -> dict[str, Any]:
    """Return the template of a role that may do anything with queues and topics."""
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "all", "PolicyDocument": {"Statement": [ANYTHING]}}
    properties = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": [policy]}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def refusal(action: Any, **arguments: Any) -> str:
    """Return the code of the error with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        action(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Start an emulator that enforces IAM."""
    home = tmp_path_factory.mktemp("account")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "for_emulator", _enforcing(environment.for_emulator))
        running, _ = emulator.start(home)
    yield Account(running.endpoint)
    emulator.stop(home)


def _enforcing(for_emulator: Any) -> Any:
    def with_auth(base: Mapping[str, str], home: Path, port: int) -> dict[str, str]:
        return {**for_emulator(base, home, port), "AUTH": "true"}

    return with_auth
