"""What a function needs to publish: its service's MsgOut, and the bucket for large bodies."""

from collections.abc import Iterable

from aws_cdk import aws_kms as kms, aws_s3 as s3, aws_sns as sns
from constructs import Construct

from messaging.settings import Settings
from stacks.claims import grant_check_in
from stacks.function import Function


def let_publish(
    scope: Construct,
    functions: Iterable[Function],
    settings: Settings,
    claims: s3.IBucket | None,
    key: kms.IKey | None,
) -> None:
    """Let functions publish on their service's own MsgOut, and use the key that encrypts it."""
    msg_out = sns.Topic.from_topic_arn(scope, "MsgOut", settings.msg_out_arn)
    for function in functions:
        msg_out.grant_publish(function.role)
        if claims:
            grant_check_in(claims, function.role, settings.publishes)
        if key:
            key.grant(function.role, "kms:Decrypt", "kms:GenerateDataKey")
