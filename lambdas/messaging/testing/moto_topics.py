"""Binary attributes through moto's topics."""

from base64 import b64decode
from functools import cache
from typing import Any


@cache
def deliver_bytes() -> None:
    """Let moto's raw delivery put bytes on a queue, as SNS does; moto 5 puts their base64 there,
    and fails when the message is received. Without effect on messages that are sent to a queue.
    """
    from moto.sqs.models import SQSBackend

    send = SQSBackend.send_message

    def send_message(self: Any, *args: Any, **parameters: Any) -> Any:
        for attribute in (parameters.get("message_attributes") or {}).values():
            if isinstance(value := attribute.get("BinaryValue"), str):
                attribute["BinaryValue"] = b64decode(value)
        return send(self, *args, **parameters)

    SQSBackend.send_message = send_message  # type: ignore[method-assign]
