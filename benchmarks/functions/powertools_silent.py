"""The consumer with Powertools, without its logger."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from benchmarks.functions import business
from benchmarks.functions.order import OrderRecord

processor = BatchProcessor(event_type=EventType.SQS, model=OrderRecord)


def record_handler(record: OrderRecord) -> None:
    """Place an order."""
    order: Any = record.body
    business.place(order.id, int(record.attributes.ApproximateReceiveCount))


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process a batch."""
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
