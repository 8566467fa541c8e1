"""One batch from first to last: read `process` as the list of what happens to it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypedDict

from messaging import publisher, report
from messaging.deadline import Deadline, LambdaContext
from messaging.envelope import Record
from messaging.errors import PublishFailed, RequeueFailed
from messaging.handling import Permanent, failed, handle
from messaging.outcome import Done
from messaging.settings import Settings
from messaging.settle import settle
from messaging.triage import Routes, triage
from messaging.work import Work


class ItemFailure(TypedDict):
    """One record that SQS must keep."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """The answer of a function whose event source mapping has ReportBatchItemFailures."""

    batchItemFailures: list[ItemFailure]


def process(
    records: Sequence[Record],
    routes: Routes,
    permanent: Permanent,
    config: Settings,
    context: LambdaContext,
) -> BatchResponse:
    """Process a batch and report the records that must stay in their queue.

    Raises RequeueFailed instead when the consumer is set to return the whole batch.
    """
    consumer = config.consumer
    assert consumer is not None
    deadline = Deadline.of(context)
    now = datetime.now(UTC)
    works = [triage(record, routes, consumer, now) for record in records]
    _handle_all([work for work in works if work.outcome is None], config, permanent, deadline)
    _publish_held_back(works, config)
    failures = settle(works, config, context.aws_request_id)
    report.batch(works, failures, config, context.aws_request_id)
    lost = [work.sqs_id for work in works if report.could_not_leave(work, failures)]
    if lost and consumer.on_requeue_failure == "raise":
        raise RequeueFailed(
            f"{len(lost)} of {len(works)} messages could not be requeued: {failures[lost[0]]}"
        )
    return {"batchItemFailures": [{"itemIdentifier": sqs_id} for sqs_id in failures]}


def _handle_all(
    works: Sequence[Work], config: Settings, permanent: Permanent, deadline: Deadline
) -> None:
    for position, work in enumerate(works):
        handle(work, config, permanent, deadline, waiting=len(works) - position - 1)


def _publish_held_back(works: Sequence[Work], config: Settings) -> None:
    """Send what the handlers of this batch published; a record whose messages cannot leave has
    failed.
    """
    assert config.consumer is not None
    messages = [message for work in works if work.outcome == Done() for message in work.held_back]
    if not messages:
        return
    unsent = publisher.send(messages, config.msg_out_arn)
    for work in works:
        for message in work.held_back:
            if message.id in unsent and work.envelope:
                error = PublishFailed(
                    f"a message it published could not leave: {unsent[message.id]}"
                )
                work.outcome = failed(work.envelope, config.consumer, error)
