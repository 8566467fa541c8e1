"""A DynamoDB table of a service."""

from collections.abc import Mapping

from aws_cdk import Stack, aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms
from constructs import Construct

from stacks.deployment import Deployment
from stacks.outputs import output
from topology import model, names


class Table(Construct):
    """A table that costs what is used, with its data of the last 35 days within reach."""

    def __init__(
        self, scope: Stack, *, table: model.Table, deployment: Deployment, key: kms.IKey | None
    ) -> None:
        """Make the table."""
        super().__init__(scope, f"{names.pascal(table.name)}Table")
        self._name, self._key = table.name, key
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=table.key, type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=deployment.removal_policy,
        )
        if key:
            encrypt(self.table, key)
        output(scope, f"{names.pascal(table.name)}Table", self.table.table_name)

    @property
    def resources(self) -> Mapping[str, str]:
        """The table's name by its short name."""
        return {self._name: self.table.table_name}

    def grant(self, role: iam.Role) -> None:
        """Let a function read and write."""
        self.table.grant_read_write_data(role)
        if self._key:
            self._key.grant_encrypt_decrypt(role)


def expiring_table(
    scope: Construct, deployment: Deployment, key: kms.IKey | None
) -> dynamodb.TableV2:
    """Return a table for what the runtime notes down by `id` and forgets when it `expires`."""
    table = dynamodb.TableV2(
        scope,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        time_to_live_attribute="expires",
        removal_policy=deployment.removal_policy,
    )
    if key:
        encrypt(table, key)
    return table


def encrypt(table: dynamodb.TableV2, key: kms.IKey) -> None:
    """Encrypt with the customer's key, which TableV2 itself refuses in a stack without a Region."""
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnGlobalTable)
    resource.add_property_override("SSESpecification", {"SSEEnabled": True, "SSEType": "KMS"})
    own = {"KMSMasterKeyId": key.key_arn}
    resource.add_property_override("Replicas.0.SSESpecification", own)
