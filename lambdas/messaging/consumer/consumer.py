"""The consumer: the Lambda entry point of a queue."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messaging.consumer.batch import process
from messaging.consumer.model.invocation import Invocation
from messaging.deadline import Deadline, LambdaContext
from messaging.errors import InvalidMessage
from messaging.function.function import Function
from messaging.settings import settings


class Consumer(Function):
    """The handlers of the messages of one queue; itself the Lambda handler of that queue.

    A message is done when its handler returns. An event that the handler returns is the reply to
    the requester, or is published if no service waits for a reply. `Retry` requests another
    attempt, `Reject` dead-letters the message. Any other exception is a transient failure, unless
    it is declared `non_retryable`.

    Direct invocations and HTTP requests are handled as in a Function.
    """

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> Any:
        """Process a batch from SQS, a direct invocation or an HTTP request."""
        if not (isinstance(event, Mapping) and "Records" in event):
            return super().__call__(event, context)
        records = event["Records"]
        if not (isinstance(records, list) and all(map(_is_from_sqs, records))):
            raise InvalidMessage("the Records of this event are not a batch from SQS")
        return process(records, self._invocation(context))

    def _invocation(self, context: LambdaContext) -> Invocation:
        config = settings()
        if config.consumer is None:
            raise InvalidMessage("this function's settings are not those of a consumer")
        return Invocation(
            config=config,
            consumer=config.consumer,
            handlers=self._handlers,
            non_retryable=self._non_retryable,
            request_id=context.aws_request_id,
            deadline=Deadline.of(context),
            now=datetime.now(UTC),
        )


def _is_from_sqs(record: object) -> bool:
    return isinstance(record, Mapping) and "messageId" in record and "body" in record
