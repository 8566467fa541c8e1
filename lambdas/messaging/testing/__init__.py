"""Test kit for handlers: build events, run a consumer, see what it requeued, rejected and
published.
"""

from messaging.testing.events import (
    FakeLambdaContext,
    consumer_settings,
    event,
    record,
    sent,
    state,
    to_records,
)
from messaging.testing.harness import ConsumerHarness
from messaging.testing.message import Message

__all__ = [
    "ConsumerHarness",
    "FakeLambdaContext",
    "Message",
    "consumer_settings",
    "event",
    "record",
    "sent",
    "state",
    "to_records",
]
