"""A conversation by its correlation id: which message caused which."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from demos.strings.expectations import Expectation
from ops.inspect.message_log import LogEntry


@dataclass(frozen=True, kw_only=True)
class Step:
    """A message that a service processed, `seconds` after the request.

    `cause` is the msgTag of the message whose handler sent this one, None for the first message.
    """

    seconds: float
    service: str
    tag: str
    message_id: str
    cause: str | None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


def follow(string: Expectation, log: Sequence[LogEntry]) -> list[Step]:
    """Return the processed messages of a conversation, each after its cause."""
    processed = {
        each.message_id: each
        for each in log
        if each.correlation_id == string.correlation_id and each.event == "processed"
    }
    return [
        Step(
            seconds=round(each.time - string.sent, 3),
            service=each.service,
            tag=each.tag,
            message_id=each.message_id,
            cause=processed[each.causation_id].tag if each.causation_id in processed else None,
        )
        # Not by time: a reply may be logged before the batch whose handler sent it.
        for each in sorted(
            processed.values(), key=lambda each: (_depth(each, processed), each.time)
        )
    ]


def _depth(message: LogEntry, processed: Mapping[str, LogEntry]) -> int:
    """Return the number of messages before this one, each the cause of the next."""
    cause = processed.get(message.causation_id or "")
    return 0 if cause is None else 1 + _depth(cause, processed)


def wrong(string: Expectation, steps: Sequence[Step]) -> list[str]:
    """Return an error unless the outcome of each message caused the next."""
    expected: list[tuple[str, str | None]] = []
    cause = None
    for outcome in string.outcomes:
        expected.append((outcome.tag, cause))
        cause = outcome.tag
    found = [(step.tag, step.cause) for step in steps]
    return [] if found == expected else [f"the conversation went {found}, expected {expected}"]
