"""AWS clients for the local endpoint, with dummy credentials."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from ops.local.environment import KEY, REGION

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient

# botocore reads no profile, configuration file or CA bundle of the user.
_NOWHERE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ca_bundle": (None, None, None, None),
}
# Empty, not absent: requests to loopback must bypass a proxy in the user's environment.
_CONFIG = Config(proxies={}, connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 2})


@dataclass(frozen=True)
class Aws:
    """The clients of one local endpoint, each made on first use."""

    endpoint: str

    def _client(self, service: str) -> Any:
        session = botocore.session.Session(session_vars=_NOWHERE)
        return session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
            config=_CONFIG,
        )

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """CloudFormation."""
        return cast("CloudFormationClient", self._client("cloudformation"))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """DynamoDB."""
        return cast("DynamoDBClient", self._client("dynamodb"))

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda."""
        return cast("LambdaClient", self._client("lambda"))

    @cached_property
    def iam(self) -> Any:
        """IAM; only tests use it, so that its types are not installed."""
        return self._client("iam")

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self._client("logs"))

    @cached_property
    def s3(self) -> "S3Client":
        """S3."""
        return cast("S3Client", self._client("s3"))

    @cached_property
    def sns(self) -> "SNSClient":
        """SNS."""
        return cast("SNSClient", self._client("sns"))

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return cast("SQSClient", self._client("sqs"))
