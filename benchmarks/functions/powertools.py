"""The consumer with Powertools: batch processing, parser and logger as documented."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from benchmarks.functions import business
from benchmarks.functions.order import OrderRecord

logger = Logger()
# Without this option a batch of failures raises, after which Lambda and the emulator poll less.
processor = BatchProcessor(
    event_type=EventType.SQS, model=OrderRecord, raise_on_entire_batch_failure=False
)


def record_handler(record: OrderRecord) -> None:
    """Place an order."""
    order: Any = record.body
    business.place(order.id, int(record.attributes.ApproximateReceiveCount))
    logger.info("order placed", order_id=order.id)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process a batch."""
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
