"""SQS: SendMessage and SendMessageBatch refuse what AWS refuses.

MiniStack stores any attributes, counts the body's bytes only, and takes any delay. AWS refuses such
a message with InvalidParameterValue, in a batch entry by entry. Sources: SendMessage and
SendMessageBatch (API reference), "Amazon SQS message quotas", "Message metadata for Amazon SQS".
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ministack.services import sqs

from ops.emulator_patches.messages.attributes import Attributes, fault, size
from ops.emulator_patches.replacing import replace_function

Data = dict[str, Any]

_MAX_ATTRIBUTES: Final = 10
_MAX_BYTES: Final = 1_048_576
_DELAYS: Final = range(901)
# Of a message group, and of a deduplication id: alphanumeric and punctuation characters.
ID: Final = re.compile("[!-~]{1,128}")


def refusal(body: str, attributes: Attributes, queue: Data) -> str | None:
    """Return why a queue refuses this body with these attributes, or None."""
    if (count := len(attributes)) > _MAX_ATTRIBUTES:
        return f"Number of message attributes [{count}] exceeds the allowed maximum [10]."
    limit = int(queue["attributes"].get("MaximumMessageSize", _MAX_BYTES))
    if size(body, attributes) > limit:
        reason = f"Message must be shorter than {limit} bytes."
        return f"One or more parameters are invalid. Reason: {reason}"
    return fault(attributes)


def _send(data: Data, qurl: str) -> Data:
    queue = sqs._get_q(data.get("QueueUrl", qurl))
    if text := refusal(*_content(data), queue) or _parameter_fault(data, queue):
        raise sqs._Err("InvalidParameterValue", text)
    sent: Data = _act_send_message(data, qurl)
    return sent


def _parameter_fault(data: Data, queue: Data) -> str | None:
    delay = data.get("DelaySeconds")
    if delay is not None and int(delay) not in _DELAYS:
        return _invalid("DelaySeconds", delay, "DelaySeconds must be >= 0 and <= 900.")
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        value = data.get(name)
        if value is not None and not ID.fullmatch(value):
            return _invalid(name, value, "1 to 128 alphanumeric and punctuation characters.")
    if data.get("MessageDeduplicationId") and not queue["is_fifo"]:
        return _invalid(
            "MessageDeduplicationId",
            data["MessageDeduplicationId"],
            "The request includes a parameter that is not valid for this queue type.",
        )
    return None


def _send_batch(data: Data, qurl: str) -> Data:
    entries = data.get("Entries", [])
    sqs._validate_batch_entries(entries, "SendMessageBatchRequestEntry")
    total = sum(size(*_content(entry)) for entry in entries)
    if total > _MAX_BYTES:
        text = (
            f"Batch requests cannot be longer than {_MAX_BYTES} bytes. You have sent {total} bytes."
        )
        raise sqs._Err("BatchRequestTooLong", text)
    sent: Data = _act_send_message_batch(data, qurl)
    return sent


def _content(data: Mapping[str, Any]) -> tuple[str, Attributes]:
    return data.get("MessageBody") or "", data.get("MessageAttributes") or {}


def _invalid(name: str, value: object, reason: str) -> str:
    return f"Value {value} for parameter {name} is invalid. Reason: {reason}"


_act_send_message = replace_function(sqs, "_act_send_message", _send, "data", "qurl")
_act_send_message_batch = replace_function(
    sqs, "_act_send_message_batch", _send_batch, "data", "qurl"
)
sqs._HANDLERS.update(SendMessage=_send, SendMessageBatch=_send_batch)
