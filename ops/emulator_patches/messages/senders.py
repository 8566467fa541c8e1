"""SenderId: a message carries the id of its sender, in ReceiveMessage and in an event record.

MiniStack writes the account id into every message. On AWS the SenderId of a session of a role is
`<role id>:<session name>`, of an IAM user its user id, of root credentials the account id. What SNS
delivers has SNS's own id. A message that SQS moves to a dead-letter queue keeps its SenderId.
Source: ReceiveMessage (API reference); SNS's id is seen in messages of us-east-1.
"""

from contextvars import ContextVar
from typing import Any, Final

from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id
from ministack.services import lambda_svc, sns, sqs, sts

from ops.emulator_patches.replacing import replace_function

SNS_ID: Final = "AIDAIT2UOQQY3AUEKVGXU"

Message = dict[str, Any]

# Access key of the request, and the id of the service that delivers a message.
_access_key: ContextVar[str] = ContextVar("_access_key", default="")
_service: ContextVar[str] = ContextVar("_service", default="")


def _pin(headers: dict[str, str], query_params: dict[str, Any] | None = None) -> None:
    _access_key.set(extract_access_key_id(headers, query_params or {}))
    _pin_request_caller(headers, query_params)


def _sent_attributes(now: float, sys_attrs_input: dict[str, Any]) -> dict[str, Any]:
    caller = iam_evaluator.resolve_caller_identity(_access_key.get()) or {}
    attributes: dict[str, Any] = _build_send_sys_attrs(now, sys_attrs_input)
    return attributes | {"SenderId": caller.get("userId") or get_account_id()}


def _deliver(endpoint: str, envelope: str, raw: bool, raw_message: str, **options: Any) -> None:
    token = _service.set(SNS_ID)
    try:
        _deliver_to_sqs(endpoint, envelope, raw, raw_message, **options)
    finally:
        _service.reset(token)


def _complete(m: Message) -> None:
    """Complete a message that a service puts into a queue."""
    delivered = "sys" not in m
    _ensure_msg_fields(m)
    if delivered and (service := _service.get()):
        m["sys"]["SenderId"] = service


def _dispatch(esm_id: str, fn: Any, *args: Any) -> None:
    if fn is lambda_svc._run_sqs_batch:
        _, _, event, batch, *_ = args
        senders = {each["id"]: each["sys"]["SenderId"] for each in batch}
        for record in event["Records"]:
            record["attributes"]["SenderId"] = senders[record["messageId"]]
    _dispatch_esm_batch(esm_id, fn, *args)


def _credentials(config: dict[str, Any]) -> dict[str, str]:
    """Return a function's credentials; those of a session name its role by the role's id."""
    credentials: dict[str, str] = _execution_credentials(config)
    if session := sts._sessions.get(credentials["AWS_ACCESS_KEY_ID"]):
        name = session["Arn"].rpartition("/")[2]
        session["UserId"] = f"{sts._role_id(config['Role'])}:{name}"
    return credentials


_pin_request_caller = replace_function(
    iam_evaluator, "pin_request_caller", _pin, "headers", "query_params"
)
_build_send_sys_attrs = replace_function(
    sqs, "_build_send_sys_attrs", _sent_attributes, "now", "sys_attrs_input"
)
_deliver_to_sqs = replace_function(
    sns, "_deliver_to_sqs", _deliver, "endpoint", "envelope", "raw", "raw_message"
)
_ensure_msg_fields = replace_function(sqs, "_ensure_msg_fields", _complete, "m")
_dispatch_esm_batch = replace_function(lambda_svc, "_dispatch_esm_batch", _dispatch, "esm_id", "fn")
_execution_credentials = replace_function(
    lambda_runtime, "execution_credentials", _credentials, "config"
)
replace_function(lambda_svc, "execution_credentials", _credentials, "config")
