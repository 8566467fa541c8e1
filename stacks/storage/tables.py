"""DynamoDB tables: those of a service, and those of the runtime."""

from collections.abc import Sequence

from aws_cdk import Stack, aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms
from constructs import Construct

from stacks.deployment import Deployment
from stacks.support.outputs import output
from stacks.support.suppress import suppress
from topology import model, names
from topology.uses import WRITES


class Table(Construct):
    """A table of the topology: on-demand capacity, recovery to any point in the last 35 days."""

    def __init__(
        self, scope: Stack, *, table: model.Table, deployment: Deployment, key: kms.IKey | None
    ) -> None:
        """Make the table."""
        super().__init__(scope, f"{names.pascal(table.name)}Table")
        self._key = key
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
            _encrypt(self.table, key)
        output(scope, f"{names.pascal(table.name)}Table", self.table.table_name)

    def grant(self, role: iam.Role, *actions: str) -> None:
        """Let a role perform these actions on the table, e.g. "dynamodb:GetItem"."""
        _grant(self.table, self._key, role, actions)


class RuntimeTable(Construct):
    """A table of the runtime with the key `id`: on-demand capacity, items expire at `expires`."""

    def __init__(
        self,
        scope: Stack,
        id_: str,
        *,
        no_recovery: str,
        deployment: Deployment,
        key: kms.IKey | None,
    ) -> None:
        """Make the table; `no_recovery` is the reason for no point-in-time recovery."""
        super().__init__(scope, id_)
        self._key = key
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires",
            removal_policy=deployment.removal_policy,
        )
        if key:
            _encrypt(self.table, key)
        suppress(self.table, {"AwsSolutions-DDB3": no_recovery})
        output(scope, id_, self.table.table_name)

    def grant(self, role: iam.Role, *actions: str) -> None:
        """Let a role perform these actions on the table."""
        _grant(self.table, self._key, role, actions)


def _grant(
    table: dynamodb.TableV2, key: kms.IKey | None, role: iam.Role, actions: Sequence[str]
) -> None:
    """Let a role perform actions on a table and use its key (DynamoDB developer guide, "Encryption
    at rest", for the actions of a key).
    """
    table.grant(role, *actions)
    if key is None:
        return
    if any(action.removeprefix("dynamodb:") in WRITES for action in actions):
        key.grant_encrypt_decrypt(role)
    else:
        key.grant_decrypt(role)


def _encrypt(table: dynamodb.TableV2, key: kms.IKey) -> None:
    """Encrypt with the customer's key: TableV2 itself refuses a key in a stack without a Region."""
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnGlobalTable)
    resource.add_property_override("SSESpecification", {"SSEEnabled": True, "SSEType": "KMS"})
    specification = {"KMSMasterKeyId": key.key_arn}
    resource.add_property_override("Replicas.0.SSESpecification", specification)
