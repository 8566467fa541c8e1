"""IAM: a request is allowed by the permissions that AWS checks, and a denial names them.

MiniStack checks an action of its own for each batch, `sns:PublishBatch`; AWS checks `sns:Publish`.
It counts a request over the loopback as insecure, which policies of queues, topics and buckets
deny; this patch counts each request as secure. A denial of MiniStack names no resource; AWS names
it, with the action in the spelling of the service.

MiniStack verifies the signature of a request, which covers its host and body: a proxy that leads
functions to it could change neither. This patch accepts any signature of an access key.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ministack.core import iam_actions, iam_evaluator, sigv4

from ops.emulator_patches.replacing import replace_function

Response = tuple[int, dict[str, str], bytes]

# What AWS checks for an operation that is no action of IAM.
_CHECKED: Final = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# How services spell the action and the resource of a denial; DynamoDB has a status of its own.
_SPELLINGS: Final[Mapping[str, tuple[Callable[[str], str], str]]] = {
    "dynamodb": (str, "{}"),
    "lambda": (str, "{}"),
    "s3": (str, '"{}"'),
    "sns": (lambda action: action.replace("sns:", "SNS:"), "{}"),
    "sqs": (str.lower, "{}"),
}
_STATUSES: Final = {"dynamodb": 400}


def _extract(service: str, *rest: Any) -> str | None:
    """Return the action that AWS checks for a request."""
    action: str | None = _extract_operation(service, *rest)
    return _CHECKED.get(action, action) if action else None


def _condition_value(key: str, ctx: Any) -> Any:
    """Return the value of a condition key; requests over the loopback count as secure."""
    return "true" if key.lower() == "aws:securetransport" else _resolve(key, ctx)


def _signature_failure(*request: Any, **options: Any) -> None:
    """Accept the signature."""


def _deny(
    service: str,
    action: str,
    principal: str,
    request_id: str,
    *,
    error_code: str = "",
    message: str = "",
    resource_policy_arn: str = "",
    **more: Any,
) -> Response:
    """Return the response to a request that an identity policy denies: it names the resource."""
    by_identity = not (error_code or message or resource_policy_arn)
    if by_identity and service in _SPELLINGS:
        spell, resource = _SPELLINGS[service]
        found, explicit = more.get("resource_arn", "*"), more.get("explicit_deny", False)
        message = iam_actions.identity_denial_message(
            spell(action), principal, resource.format(found), explicit
        )
    status, headers, body = _deny_shortly(
        service,
        action,
        principal,
        request_id,
        error_code=error_code,
        message=message,
        resource_policy_arn=resource_policy_arn,
        **more,
    )
    return (_STATUSES.get(service, status) if by_identity else status), headers, body


_extract_operation = replace_function(
    iam_actions, "extract_iam_action", _extract, "service", "method", "path", "headers", "body"
)
_resolve = replace_function(iam_evaluator, "_resolve_condition_key", _condition_value, "key", "ctx")
_deny_shortly = replace_function(
    iam_actions,
    "access_denied_response",
    _deny,
    *("service", "action", "principal_arn", "request_id"),
)
replace_function(sigv4, "header_signature_failure", _signature_failure, "signature", "secret")
