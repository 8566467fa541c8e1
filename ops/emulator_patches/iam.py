"""IAM: a request is allowed by the permissions that AWS checks, and a denial names them.

MiniStack checks an action of its own for each batch, `sns:PublishBatch`; AWS checks `sns:Publish`.
It counts a request over the loopback as insecure, which policies of queues, topics and buckets
deny; this patch counts each request as secure. A denial of MiniStack names no resource; AWS names
it, with the action in the spelling of the service.
"""

from typing import Any, Final

from ministack.core import iam_actions, iam_evaluator

from ops.emulator_patches.replacing import replace_function

# What AWS checks for an operation that is no action of IAM.
_CHECKED: Final = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# Services whose denials spell an action in their own way, and name the resource.
_SPELLINGS: Final = {"sqs": str.lower, "sns": lambda action: action.replace("sns:", "SNS:")}


def _extract(service: str, *rest: Any) -> str | None:
    """Return the action that AWS checks for a request."""
    action: str | None = _extract_operation(service, *rest)
    return _CHECKED.get(action, action) if action else None


def _condition_value(key: str, ctx: Any) -> Any:
    """Return the value of a condition key; requests over the loopback count as secure."""
    return "true" if key.lower() == "aws:securetransport" else _resolve(key, ctx)


_extract_operation = replace_function(
    iam_actions, "extract_iam_action", _extract, "service", "method", "path", "headers", "body"
)
_resolve = replace_function(iam_evaluator, "_resolve_condition_key", _condition_value, "key", "ctx")
