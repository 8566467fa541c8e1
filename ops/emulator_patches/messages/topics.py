"""SNS: Publish and PublishBatch refuse what AWS refuses.

MiniStack stores any attributes, and its batch forgets binary values and, on a standard topic, the
message group. AWS refuses a message with invalid attributes (ParameterValueInvalid), an empty
message or an invalid id (InvalidParameter). One such entry fails a whole PublishBatch, and so does
a sum of more than 262,144 bytes (BatchRequestTooLong). Sources: Publish and PublishBatch (API
reference and its service model); that the whole batch fails is seen by LocalStack on AWS.
"""

import json
import re
from typing import Any, Final, cast

from ministack.services import sns

from ops.emulator_patches.messages.attributes import fault, size
from ops.emulator_patches.messages.queues import ID
from ops.emulator_patches.replacing import replace_function

Params = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]

_MAX_BYTES: Final = 262_144
_MAX_ENTRIES: Final = 10
_ENTRY_ID: Final = re.compile("[A-Za-z0-9_-]{1,80}")
_EXCEPTION: Final = "InvalidParameterException"


def _publish(topic_arn: str, message: Any, subject: str = "", **options: Any) -> Any:
    topic = sns._topic_by_arn_any_scope(topic_arn)
    if topic is not None:
        _check(topic, message if isinstance(message, str) else json.dumps(message), options)
    return _publish_internal(topic_arn, message, subject, **options)


def _check(topic: dict[str, Any], message: str, options: dict[str, Any]) -> None:
    """Raise SnsPublishError for a message that AWS refuses."""
    if not message:
        raise _invalid("Empty message")
    if text := fault(options.get("message_attributes") or {}):
        raise sns.SnsPublishError("ParameterValueInvalid", text)
    group, deduplication = (
        options.get("message_group_id"),
        options.get("message_deduplication_id"),
    )
    for each in filter(None, (group, deduplication)):
        if not ID.fullmatch(each):
            raise _invalid(f"{each}: 1 to 128 alphanumeric and punctuation characters")
    if deduplication and not sns._is_fifo_topic(topic):
        raise _invalid("MessageDeduplicationId is not valid for this topic type")
    if sns._is_fifo_topic(topic) and not group:
        raise _invalid("The MessageGroupId parameter is required for FIFO topics")


def _publish_batch(params: Params) -> Response:
    topic, error = sns._get_topic(sns._normalize_arn(sns._p(params, "TopicArn")), "sns:Publish")
    if error is not None:
        return cast(Response, error)
    entries = [
        _entry(params, n, each) for n, each in enumerate(sns._parse_batch_entries(params), 1)
    ]
    try:
        _check_batch(topic, entries)
        published = [(entry.pop("id"), _publish(topic["arn"], **entry)) for entry in entries]
    except sns.SnsPublishError as refused:
        return _error(refused.code, str(refused), 400)
    members = "".join(_member(entry_id, result) for entry_id, result in published)
    inner = f"<Successful>{members}</Successful><Failed></Failed>"
    document = f"<PublishBatchResult>{inner}</PublishBatchResult>"
    return cast(Response, sns._xml(200, "PublishBatchResponse", document))


def _entry(params: Params, position: int, parsed: dict[str, Any]) -> dict[str, Any]:
    """Return an entry as the arguments of a publication, and its id."""
    prefix = f"PublishBatchRequestEntries.member.{position}."
    own = {
        key.removeprefix(prefix): value for key, value in params.items() if key.startswith(prefix)
    }
    return {
        "id": parsed["id"],
        "message": parsed["message"],
        "subject": parsed["subject"],
        "message_structure": parsed["message_structure"],
        "message_attributes": sns._parse_message_attributes(own),
        "message_group_id": parsed["message_group_id"],
        "message_deduplication_id": parsed["message_dedup_id"],
    }


def _check_batch(topic: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    ids = [entry["id"] for entry in entries]
    for failed, code in (
        (not entries, "EmptyBatchRequest"),
        (len(entries) > _MAX_ENTRIES, "TooManyEntriesInBatchRequest"),
        (len(set(ids)) < len(ids), "BatchEntryIdsNotDistinct"),
        (not all(map(_ENTRY_ID.fullmatch, ids)), "InvalidBatchEntryId"),
        (sum(map(_size, entries)) > _MAX_BYTES, "BatchRequestTooLong"),
    ):
        if failed:
            raise sns.SnsPublishError(code, f"The batch request is invalid: {code}.")
    for entry in entries:
        _check(topic, entry["message"], entry)


def _size(entry: dict[str, Any]) -> int:
    return size(entry["message"], entry["message_attributes"])


def _member(entry_id: str, result: dict[str, Any]) -> str:
    number = result["sequence_number"]
    sequence = "" if number is None else f"<SequenceNumber>{number}</SequenceNumber>"
    message = f"<Id>{entry_id}</Id><MessageId>{result['message_id']}</MessageId>"
    return f"<member>{message}{sequence}</member>"


def _error(code: str, message: str, status: int) -> Response:
    """Return an error: in the API the code of this exception has no suffix."""
    code = "InvalidParameter" if code == _EXCEPTION else code
    return cast(Response, _error_response(code, message, status))


def _invalid(text: str) -> Exception:
    refused: Exception = sns.SnsPublishError("InvalidParameter", f"Invalid parameter: {text}")
    return refused


_publish_internal = replace_function(
    sns, "publish_internal", _publish, "topic_arn", "message", "subject"
)
_error_response = replace_function(sns, "_error", _error, "code", "message", "status")
replace_function(sns, "_publish_batch", _publish_batch, "params")
replace_function(sns, "_message_payload_size", size, "message", "attrs")
