"""The bucket of Data Lake Ingestion."""

from collections.abc import Mapping

from aws_cdk import Duration, Stack, aws_iam as iam, aws_kms as kms, aws_s3 as s3
from constructs import Construct

from stacks.deployment import Deployment
from stacks.support.outputs import output
from stacks.support.suppress import suppress


class Extension(Construct):
    """The data lake, a bucket for raw events: private, encrypted, TLS only, versioned."""

    def __init__(self, scope: Stack, *, deployment: Deployment, key: kms.IKey | None) -> None:
        """Make the bucket; overwritten versions are deleted after 30 days."""
        super().__init__(scope, "Lake")
        self._key = key
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            versioned=True,
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30))],
            removal_policy=deployment.removal_policy,
        )
        no_access_logs = (
            "One function writes and logs. Other access is audited by CloudTrail data events; "
            "server access logs would need a bucket of their own."
        )
        suppress(self.bucket, {"AwsSolutions-S1": no_access_logs})
        output(scope, "LakeBucket", self.bucket.bucket_name)

    @property
    def resources(self) -> Mapping[str, str]:
        """The bucket's name; handlers read it as `settings().resources["lake"]`."""
        return {"lake": self.bucket.bucket_name}

    def grant(self, role: iam.Role, function: str) -> None:
        """Let `rides` write objects, but neither read nor delete them."""
        if function != "rides":
            return
        objects = self.bucket.arn_for_objects("*")
        iam.Grant.add_to_principal(grantee=role, actions=["s3:PutObject"], resource_arns=[objects])
        if self._key:
            self._key.grant(role, "kms:GenerateDataKey")
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        rule = f"AwsSolutions-IAM5[Resource::<{Stack.of(self).get_logical_id(resource)}.Arn>/*]"
        suppress(role, {rule: "The key of an object is its event's id, so no prefix is fixed."})
