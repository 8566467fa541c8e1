"""MiniStack with the patches of IAM: what a function may do, and how a denial reads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.local import emulator
from ops.local.aws import Aws
from ops.local.environment import ACCOUNT, REGION
from tests.permissions import Permission, Recorded, record_anew, recorded, without

ROLE = "caller"
# It makes one call as its role, and returns what came of it.
CODE = """
import boto3

def handler(event, context):
    client = boto3.client(event["service"])
    try:
        getattr(client, event["call"])(**event["parameters"])
    except client.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return [status, error.response["Error"]["Code"], error.response["Error"]["Message"]]
"""
TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
}
INSECURE: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def arn(service: str, resource: str) -> str:
    """Return the ARN of a resource of the emulator."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


TOPIC, QUEUE, TABLE = arn("sns", "topic"), arn("sqs", "queue"), arn("dynamodb", "table/table")
FUNCTION, OBJECT = arn("lambda", "function:caller"), "arn:aws:s3:::bucket/key"
GRANTS = {
    "sns:Publish": TOPIC,
    "sqs:SendMessage": QUEUE,
    "sqs:DeleteMessage": QUEUE,
    "sqs:ChangeMessageVisibility": QUEUE,
    "dynamodb:PutItem": TABLE,
    "lambda:InvokeFunction": FUNCTION,
    "s3:PutObject": OBJECT,
}


@dataclass(frozen=True)
class Caller:
    """A function that makes calls, in an emulator with resources."""

    home: Path
    aws: Aws
    queue_url: str

    def call(self, service: str, call: str, **parameters: Any) -> Any:
        """Return None, or the status, the code and the text of the error."""
        event = {"service": service, "call": call, "parameters": parameters}
        result = self.aws.functions.invoke(FunctionName="caller", Payload=json.dumps(event))
        answer = json.loads(result["Payload"].read())
        assert "FunctionError" not in result, answer
        return answer

    def calls(self) -> list[tuple[str, Any]]:
        """Return the action that AWS checks for each call, and what came of the call."""
        url = self.queue_url
        entry: dict[str, Any] = {"Id": "0"}
        received = {**entry, "ReceiptHandle": "none"}
        seconds = {"VisibilityTimeout": 0}
        sns, sqs = {"TopicArn": TOPIC}, {"QueueUrl": url}
        item = {"TableName": "table", "Item": {"id": {"S": "0"}}}
        invoked = {"FunctionName": "caller", "InvocationType": "DryRun"}
        calls: list[tuple[str, str, str, Any]] = [
            ("sns:Publish", "sns", "publish", {**sns, "Message": "m"}),
            (
                "sns:Publish",
                "sns",
                "publish_batch",
                {**sns, "PublishBatchRequestEntries": [{**entry, "Message": "m"}]},
            ),
            ("sqs:SendMessage", "sqs", "send_message", {**sqs, "MessageBody": "m"}),
            (
                "sqs:SendMessage",
                "sqs",
                "send_message_batch",
                {**sqs, "Entries": [{**entry, "MessageBody": "m"}]},
            ),
            ("sqs:DeleteMessage", "sqs", "delete_message_batch", {**sqs, "Entries": [received]}),
            (
                "sqs:ChangeMessageVisibility",
                "sqs",
                "change_message_visibility_batch",
                {**sqs, "Entries": [{**received, **seconds}]},
            ),
            ("dynamodb:PutItem", "dynamodb", "put_item", item),
            (
                "dynamodb:PutItem",
                "dynamodb",
                "transact_write_items",
                {"TransactItems": [{"Put": item}]},
            ),
            ("lambda:InvokeFunction", "lambda", "invoke", invoked),
            ("s3:PutObject", "s3", "put_object", {"Bucket": "bucket", "Key": "key", "Body": "m"}),
        ]
        return [(action, self.call(service, call, **more)) for action, service, call, more in calls]


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Start an emulator, and make the resources and the function; policies deny plain HTTP."""
    home = tmp_path_factory.mktemp("caller")
    try:
        yield make(home, Aws(emulator.start(home)[0].endpoint))
    finally:
        emulator.stop(home)


def make(home: Path, aws: Aws) -> Caller:
    """Make the stack."""
    allowed = [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in GRANTS.items()
    ]
    policy = {"PolicyName": "calls", "PolicyDocument": {"Statement": allowed}}

    def secure(action: str, *resources: str) -> dict[str, Any]:
        return {"Statement": [INSECURE | {"Action": action, "Resource": resources}]}

    of: dict[str, tuple[str, dict[str, Any]]] = {
        "Topic": ("SNS::Topic", {"TopicName": "topic"}),
        "TopicPolicy": (
            "SNS::TopicPolicy",
            {"Topics": [{"Ref": "Topic"}], "PolicyDocument": secure("sns:Publish", TOPIC)},
        ),
        "Queue": ("SQS::Queue", {"QueueName": "queue"}),
        "QueuePolicy": (
            "SQS::QueuePolicy",
            {"Queues": [{"Ref": "Queue"}], "PolicyDocument": secure("sqs:*", QUEUE)},
        ),
        "Bucket": ("S3::Bucket", {"BucketName": "bucket"}),
        "BucketPolicy": (
            "S3::BucketPolicy",
            {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": secure("s3:*", OBJECT)},
        ),
        "Table": (
            "DynamoDB::Table",
            {
                "TableName": "table",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        ),
        "Role": (
            "IAM::Role",
            {"RoleName": ROLE, "AssumeRolePolicyDocument": TRUST, "Policies": [policy]},
        ),
        "Function": (
            "Lambda::Function",
            {
                "FunctionName": "caller",
                "Code": {"ZipFile": CODE},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.12",
                "Timeout": 30,
            },
        ),
    }
    resources = {
        name: {"Type": f"AWS::{kind}", "Properties": properties}
        for name, (kind, properties) in of.items()
    }
    aws.cloudformation.create_stack(
        StackName="caller",
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    aws.cloudformation.get_waiter("stack_create_complete").wait(
        StackName="caller", WaiterConfig={"Delay": 1}
    )
    return Caller(home, aws, aws.sqs.get_queue_url(QueueName="queue")["QueueUrl"])


def granted(action: str) -> Permission:
    """Return a permission of the function."""
    return Permission(ROLE, action, GRANTS[action])


@pytest.mark.emulator
def test_a_call_is_allowed_by_the_permission_that_aws_checks(caller: Caller) -> None:
    """Policies that deny plain HTTP let it pass: on the loopback it counts as secure."""
    record_anew(caller.home)
    assert [(action, failed) for action, failed in caller.calls() if failed] == []
    assert recorded(caller.home) == Recorded(frozenset(map(granted, GRANTS)), frozenset())


@pytest.mark.emulator
@pytest.mark.parametrize("action", GRANTS)
def test_a_call_without_its_permission_is_denied(caller: Caller, action: str) -> None:
    record_anew(caller.home)
    with without(caller.aws, granted(action)):
        results = caller.calls()
    assert {each for each, failed in results if failed} == {action}
    assert recorded(caller.home).denied == {granted(action)}


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("action", "status", "code", "spelled", "resource"),
    [
        ("sns:Publish", 403, "AuthorizationError", "SNS:Publish", TOPIC),
        ("sqs:SendMessage", 403, "AccessDenied", "sqs:sendmessage", QUEUE),
        ("dynamodb:PutItem", 400, "AccessDeniedException", "dynamodb:PutItem", TABLE),
        ("lambda:InvokeFunction", 403, "AccessDeniedException", "lambda:InvokeFunction", FUNCTION),
        ("s3:PutObject", 403, "AccessDenied", "s3:PutObject", f'"{OBJECT}"'),
    ],
)
def test_a_denial_reads_as_on_aws(
    caller: Caller, action: str, status: int, code: str, spelled: str, resource: str
) -> None:
    with without(caller.aws, granted(action)):
        failed = next(failed for each, failed in caller.calls() if each == action)
    assert failed == [
        status,
        code,
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/caller is not authorized to perform: "
        f"{spelled} on resource: {resource} "
        f"because no identity-based policy allows the {spelled} action",
    ]


@pytest.mark.emulator
def test_the_operator_may_do_everything(caller: Caller) -> None:
    record_anew(caller.home)
    caller.aws.sqs.purge_queue(QueueUrl=caller.queue_url)
    assert recorded(caller.home) == Recorded(frozenset(), frozenset())


@pytest.mark.emulator
@pytest.mark.parametrize(("topics", "arrives"), [("topic", True), ("other", False)])
def test_a_queue_gets_from_topics_what_its_policy_allows(
    caller: Caller, topics: str, arrives: bool
) -> None:
    """A message of a topic is delivered before its publisher has the response."""
    queue = caller.aws.sqs.create_queue(QueueName=f"from-{topics}")["QueueUrl"]
    queue_arn = arn("sqs", f"from-{topics}")
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": arn("sns", topics)}},
    }
    policy = json.dumps({"Statement": [allow]})
    caller.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    caller.aws.sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue_arn)

    caller.aws.sns.publish(TopicArn=TOPIC, Message="m")

    assert bool(caller.aws.sqs.receive_message(QueueUrl=queue).get("Messages")) is arrives
