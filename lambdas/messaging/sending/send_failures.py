"""The log lines and metrics of messages that were not sent.

A line has AWS's error code and not its text, which may quote the message.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from messaging import emf
from messaging.log import Line, write
from messaging.sending.outgoing import OutgoingMessage
from messaging.sending.transport import Unsent
from messaging.settings import Settings, settings


def report_messages(messages: Sequence[OutgoingMessage], unsent: Unsent) -> None:
    """Log each message that was not sent, and count them by code."""
    config = settings()
    lines = [
        Line(
            "message not sent",
            "WARN",
            {
                "service": config.service,
                "msgTag": message.tag,
                "messageId": message.id,
                "address": message.address.where,
                "code": unsent[message.key].code,
                "mayHaveLeft": unsent[message.key].may_have_left,
            },
        )
        for message in messages
        if message.key in unsent
    ]
    write([*lines, *metrics((unsent[m.key].code for m in messages if m.key in unsent), config)])


def report_open(failed: Unsent) -> None:
    """Log requests that did not leave and whose items could not be withdrawn: they time out."""
    service = settings().service
    write(
        [
            Line(
                "request not withdrawn",
                "WARN",
                {"service": service, "messageId": id_, "code": reason.code},
            )
            for (_, _, id_, _), reason in failed.items()
        ]
    )


def metrics(codes: Iterable[str], config: Settings) -> list[dict[str, Any]]:
    """Return the metric `SendFailed` of each code: one line each."""
    same = {"stage": config.stage, "service": config.service}
    return [
        emf.counts({**same, "code": code}, {"SendFailed": count})
        for code, count in Counter(codes).items()
    ]
