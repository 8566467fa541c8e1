"""No resource is open to other accounts, to the public, or to a role that has no permission."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stacks.http.stage import ACCESS_LOG
from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Resource, Template, listed, service_template
from tests.systems.every import every_service, every_system
from topology import model, names

# Types of resources with a policy of their own, and where it is.
POLICIES = {
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}
ROOT = {
    "AWS": {
        "Fn::Join": [
            "",
            ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"],
        ]
    }
}
SOURCES = {"aws:SourceArn", "aws:SourceAccount"}


def allowed(template: Template) -> Iterator[tuple[str, Resource]]:
    """Every statement that allows something in the policy of a resource, with its type."""
    for kind, where in POLICIES.items():
        for each in template.of(kind).values():
            for statement in each["Properties"][where]["Statement"]:
                if statement["Effect"] == "Allow":
                    yield kind, statement


@pytest.mark.parametrize("with_key", [False, True], ids=["", "with a key"])
@every_system
def test_the_policy_of_a_resource_lets_in_services_of_aws_for_this_account_only(
    assembly: Synthesized, keyed: Synthesized, system: model.System, with_key: bool
) -> None:
    for template in (keyed if with_key else assembly)(system).templates.values():
        for kind, statement in allowed(template):
            if kind == "AWS::KMS::Key" and statement["Principal"] == ROOT:
                # IAM decides about the key within the account.
                continue
            assert set(statement["Principal"]) == {"Service"}, statement
            conditions: list[Any] = list(statement["Condition"].values())
            assert SOURCES & {key for each in conditions for key in each}, statement


@every_system
def test_nothing_else_is_reached_without_a_permission(
    assembly: Synthesized, system: model.System
) -> None:
    for template in assembly(system).templates.values():
        assert template.of("AWS::Lambda::Url") == {}
        assert template.of("AWS::Lambda::LayerVersionPermission") == {}
        for each in template.of("AWS::Lambda::Permission").values():
            assert each["Properties"]["Principal"] == "apigateway.amazonaws.com"
        for each in template.of("AWS::DynamoDB::GlobalTable").values():
            for replica in each["Properties"]["Replicas"]:
                assert "ResourcePolicy" not in replica
        for each in template.of("AWS::Logs::LogGroup").values():
            assert "ResourcePolicyDocument" not in each["Properties"]


@every_system
def test_only_lambda_assumes_the_role_of_a_function(
    assembly: Synthesized, system: model.System
) -> None:
    for service in system.services:
        template = service_template(assembly(system), service)
        for each in template.of("AWS::IAM::Role").values():
            (trust,) = each["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert trust["Effect"] == "Allow"
            assert trust["Action"] == "sts:AssumeRole"
            assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@every_service
def test_no_function_reads_dead_letters_or_logs_or_changes_permissions(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    queues = {template.announced(f"{names.pascal(each.name)}Queue") for each in service.consumers}
    for policy in template.of("AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions = set(listed(statement["Action"]))
            services = {action.partition(":")[0] for action in actions}
            assert services <= {"dynamodb", "kms", "lambda", "logs", "s3", "sns", "sqs", "xray"}
            assert not {each for each in actions if each.startswith("logs:")} - {
                "logs:CreateLogStream",
                "logs:PutLogEvents",
            }
            assert not {each for each in actions if each.startswith("sns:")} - {"sns:Publish"}
            if "sqs:ReceiveMessage" in actions:
                (queue,) = listed(statement["Resource"])
                assert queue["Fn::GetAtt"][0] in queues


def test_an_access_log_holds_no_path_header_or_token() -> None:
    """The address of the client is personal data in many places."""
    assert set(ACCESS_LOG.values()) == {
        f"$context.{each}"
        for each in (
            "requestTimeEpoch",
            "requestId",
            "routeKey",
            "status",
            "responseLatency",
            "responseLength",
            "identity.sourceIp",
            "integrationErrorMessage",
        )
    }


@every_system
def test_without_a_customer_key_topics_are_not_encrypted_at_rest(
    assembly: Synthesized, system: model.System
) -> None:
    for service in system.services:
        template = assembly(system).templates[names.channels_stack(STAGE, service.name)]
        for each in template.of("AWS::SNS::Topic").values():
            assert "KmsMasterKeyId" not in each["Properties"]


@every_system
def test_a_customer_key_does_not_encrypt_logs_and_variables(
    keyed: Synthesized, system: model.System
) -> None:
    for template in keyed(system).templates.values():
        for each in template.of("AWS::Logs::LogGroup").values():
            assert "KmsKeyId" not in each["Properties"]
        for each in template.of("AWS::Lambda::Function").values():
            assert "KmsKeyArn" not in json.dumps(each["Properties"])
