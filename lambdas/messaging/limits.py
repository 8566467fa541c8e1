"""Limits of SQS, SNS and Lambda that the runtime keeps to. Sizes are bytes, times seconds."""

from typing import Final

# SQS SendMessage: message attributes of one message. With raw delivery SNS drops a message with
# more.
MAX_ATTRIBUTES: Final = 10
# Of these, the attributes of the application: the runtime needs the other five.
MAX_APPLICATION_ATTRIBUTES: Final = 5
# SendMessageBatch, PublishBatch and ChangeMessageVisibilityBatch.
MAX_BATCH_ENTRIES: Final = 10
# SQS: one message, and the sum over a batch; body and attributes count.
MAX_QUEUE_BYTES: Final = 1_048_576
# SNS: the same with a topic's default MaximumMessageSize.
MAX_TOPIC_BYTES: Final = 262_144
# Our own: a body that travels through S3. A function holds several in memory at once.
MAX_CLAIM_BYTES: Final = 16 * 1_048_576
# Lambda Invoke: the payload of an asynchronous invocation; a synchronous one may have more. A
# failed one must fit into a queue, together with Lambda's description of the failure.
MAX_INVOCATION_BYTES: Final = 1_048_576 - 16_384
# SQS SendMessage: DelaySeconds.
MAX_DELAY: Final = 900
# SQS ChangeMessageVisibility: VisibilityTimeout. The 12 hours count from the receipt, and up to 15
# minutes of them, a function's longest time, may be over.
MAX_VISIBILITY: Final = 43_200 - 900

# Attributes that the runtime sets; an application may not declare one of these names.
RESERVED_ATTRIBUTES: Final = frozenset(
    {"msgTag", "fromService", "requestService", "header", "retry", "deadLetter"}
)
