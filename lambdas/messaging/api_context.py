"""What a handler of an API is told about its request, and what it may do."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.message import Event
from messaging import publisher


@dataclass(frozen=True, kw_only=True)
class ApiContext:
    """What a handler knows of its request besides the body."""

    request_id: str
    correlation_id: str
    path: Mapping[str, str]
    idempotency_key: str | None = None

    def publish(self, event: Event, *, message_id: str | None = None) -> str:
        """Publish at once to the own MsgOut and return the message id; raises PublishFailed."""
        return publisher.publish(event, correlation_id=self.correlation_id, message_id=message_id)
