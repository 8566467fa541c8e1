"""The bucket through which a service's large bodies travel (claim check)."""

from collections.abc import Iterable

from aws_cdk import Duration, Stack, aws_iam as iam, aws_kms as kms, aws_s3 as s3, aws_ssm as ssm
from constructs import Construct

from stacks.deployment import Deployment
from stacks.queues.queue_pair import DEAD_LETTER_RETENTION_DAYS, RETENTION_DAYS
from stacks.support.suppress import suppress
from topology import names

# Longer than a message can be in a queue and then in a dead-letter queue.
EXPIRY_DAYS = RETENTION_DAYS + DEAD_LETTER_RETENTION_DAYS + 2


class Claims(Construct):
    """The bucket for bodies: private, encrypted, TLS only; bodies expire after 20 days."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        service: str,
        deployment: Deployment,
        key: kms.IKey | None,
    ) -> None:
        """Make the bucket and publish its name."""
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(EXPIRY_DAYS))],
            removal_policy=deployment.removal_policy,
        )
        no_access_logs = (
            "Functions write, read and log. Other access is audited by CloudTrail data events; "
            "server access logs would need a bucket of their own."
        )
        suppress(self.bucket, {"AwsSolutions-S1": no_access_logs})
        ssm.StringParameter(
            self,
            "Name",
            parameter_name=names.claims_parameter(deployment.stage, service),
            string_value=self.bucket.bucket_name,
        )


def find_claims(scope: Construct, stage: str, service: str) -> s3.IBucket:
    """Return the claims bucket of a service; its name is looked up at deployment."""
    name = ssm.StringParameter.value_for_string_parameter(
        scope, names.claims_parameter(stage, service)
    )
    return s3.Bucket.from_bucket_name(scope, f"{service}Claims", name)


def grant_check_in(bucket: s3.IBucket, role: iam.Role, tags: Iterable[str]) -> None:
    """Let a role store the bodies of messages with these msgTags."""
    _grant(bucket, role, tags, "s3:PutObject")


def grant_check_out(bucket: s3.IBucket, role: iam.Role, tags: Iterable[str]) -> None:
    """Let a role read the bodies of messages with these msgTags."""
    _grant(bucket, role, tags, "s3:GetObject")
    # Without s3:ListBucket S3 answers "access denied" for a missing object, and the message would
    # be retried in vain.
    actions, bucket_arn = ["s3:ListBucket"], [bucket.bucket_arn]
    iam.Grant.add_to_principal(grantee=role, actions=actions, resource_arns=bucket_arn)


def _grant(bucket: s3.IBucket, role: iam.Role, tags: Iterable[str], action: str) -> None:
    """Allow an action on bodies of these msgTags; the key of a body is `<msgTag>/<id>.json`."""
    objects = [f"{tag}/*" for tag in tags]
    arns = [bucket.arn_for_objects(each) for each in objects]
    iam.Grant.add_to_principal(grantee=role, actions=[action], resource_arns=arns)
    name = Stack.of(role).resolve(bucket.bucket_name)["Ref"]
    rule = "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::<{}>/{}]"
    any_id = "An object's name ends with its message's id; the msgTag in front of it is fixed."
    suppress(role, {rule.format(name, each): any_id for each in objects})
