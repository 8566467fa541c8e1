"""The consumer with Powertools and its idempotency on DynamoDB, as documented for batches."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from benchmarks.functions import business
from benchmarks.functions.order import OrderRecord

logger = Logger()
processor = BatchProcessor(
    event_type=EventType.SQS, model=OrderRecord, raise_on_entire_batch_failure=False
)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["BENCH_TABLE"])
config = IdempotencyConfig(
    event_key_jmespath="messageId",
    raise_on_no_idempotency_key=True,
    # As long as Waystation's.
    expires_after_seconds=14 * 86_400,
)


# Powertools gives this decorator no types.
@idempotent_function(data_keyword_argument="record", config=config, persistence_store=persistence)  # type: ignore[untyped-decorator]
def record_handler(record: OrderRecord) -> None:
    """Place an order."""
    order: Any = record.body
    business.place(order.id, int(record.attributes.ApproximateReceiveCount))
    logger.info("order placed", order_id=order.id)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process a batch."""
    # As documented, so that a timed-out invocation does not block its records.
    config.register_lambda_context(context)
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
