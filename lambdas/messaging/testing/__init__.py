"""The test kit for handlers: events, a Lambda context, and a harness that runs a consumer on queues
and shows what it requeued, dead-lettered and sent.
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
from messaging.testing.repeatable import assert_repeatable
from messaging.testing.senders import Sender

__all__ = [
    "ConsumerHarness",
    "FakeLambdaContext",
    "Message",
    "Sender",
    "assert_repeatable",
    "consumer_settings",
    "event",
    "record",
    "sent",
    "state",
    "to_records",
]
