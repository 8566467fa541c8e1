"""The consumer runtime: what every handler needs, and nothing of any business."""

from messaging.api import Api, ApiContext, Response
from messaging.consumer import Consumer
from messaging.context import Context
from messaging.errors import (
    BudgetExceeded,
    HandlerTimedOut,
    InvalidMessage,
    MessagingError,
    PublishFailed,
    Reject,
    RequeueFailed,
    Retry,
)

__all__ = [
    "Api",
    "ApiContext",
    "BudgetExceeded",
    "Consumer",
    "Context",
    "HandlerTimedOut",
    "InvalidMessage",
    "MessagingError",
    "PublishFailed",
    "Reject",
    "RequeueFailed",
    "Response",
    "Retry",
]
