"""What a role may do with a queue, and with the key of an encrypted one: a sender needs two actions
of the key, a receiver one (SQS developer guide, "Key management").
"""

from aws_cdk import aws_iam as iam, aws_sqs as sqs


def grant_send(queue: sqs.Queue, grantee: iam.IGrantable) -> None:
    """Let a role send to a queue."""
    queue.grant(grantee, "sqs:SendMessage")
    _grant_key(queue, grantee, "kms:Decrypt", "kms:GenerateDataKey")


def grant_receive(queue: sqs.Queue, grantee: iam.IGrantable) -> None:
    """Let Lambda poll a queue with a role, and the function delete and hide messages."""
    queue.grant(
        grantee,
        "sqs:ReceiveMessage",
        "sqs:GetQueueAttributes",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
    )
    _grant_key(queue, grantee, "kms:Decrypt")


def _grant_key(queue: sqs.Queue, grantee: iam.IGrantable, *actions: str) -> None:
    if queue.encryption_master_key:
        queue.encryption_master_key.grant(grantee, *actions)
