"""SNS to SQS: what the queue would refuse is not delivered.

MiniStack puts any message into a subscribed queue. On AWS a message with more than ten attributes,
for example, is a client-side error of a subscription with raw delivery: it goes to the
subscription's dead-letter queue, or is dropped. Publish succeeds all the same. Sources: "Amazon SNS
message attributes", "Amazon SNS dead-letter queues". The dead letter has the three attributes that
LocalStack writes, RequestID, ErrorCode and ErrorMessage, and none of the message.
"""

import json
import logging
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import sns, sqs

from ops.emulator_patches.messages.attributes import FORBIDDEN, Attributes
from ops.emulator_patches.messages.queues import refusal
from ops.emulator_patches.replacing import replace_function

_log = logging.getLogger("sns")


def _deliver(endpoint: str, envelope: str, raw: bool, raw_message: str, **options: Any) -> None:
    attributes = (options.get("message_attributes") or {}) if raw else {}
    queue = sqs._queue_by_arn(endpoint)
    error = queue and _error(raw_message if raw else envelope, attributes, queue)
    if not error:
        _deliver_to_sqs(endpoint, envelope, raw, raw_message, **options)
    elif target := _dead_letter_queue(options["topic_arn"], endpoint):
        reasons = options | {"message_attributes": _reasons(*error)}
        # The subscription's `raw` decides whether the dead letter's body is an envelope.
        _deliver_to_sqs(target, envelope, raw, raw_message, **reasons)
    else:
        _log.warning("dropped for %s: %s", endpoint, error[1])


def _error(body: str, attributes: Attributes, queue: dict[str, Any]) -> tuple[str, str] | None:
    if FORBIDDEN.search(body):
        return "InvalidMessageContents", "The message contains characters outside the allowed set."
    text = refusal(body, attributes, queue)
    return ("InvalidParameterValue", text) if text else None


def _reasons(code: str, text: str) -> dict[str, dict[str, str]]:
    values = {"RequestID": new_uuid(), "ErrorCode": code, "ErrorMessage": text}
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def _dead_letter_queue(topic_arn: str, endpoint: str) -> str | None:
    """Return the ARN of the dead-letter queue of the topic's subscription of this queue."""
    subscriptions = sns._topic_by_arn_any_scope(topic_arn)["subscriptions"]
    policies = (
        each["attributes"].get("RedrivePolicy")
        for each in subscriptions
        if (each["protocol"], each["endpoint"]) == ("sqs", endpoint)
    )
    policy = next(policies, None)
    return json.loads(policy).get("deadLetterTargetArn") if policy else None


_deliver_to_sqs = replace_function(
    sns, "_deliver_to_sqs", _deliver, "endpoint", "envelope", "raw", "raw_message"
)
