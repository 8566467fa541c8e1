"""One conversation, followed by its correlation id: which message caused which."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from demos.strings.asked import Asked
from ops.inspect.message_log import Seen


@dataclass(frozen=True, kw_only=True)
class Step:
    """A message that a service handled, `seconds` after the conversation began; `cause` is the
    msgTag of the message in whose handler it was sent, None for the first.
    """

    seconds: float
    service: str
    tag: str
    message_id: str
    cause: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def follow(asked: Asked, log: Sequence[Seen]) -> list[Step]:
    """Return the messages of a conversation, each after its cause."""
    seen = {
        each.message_id: each
        for each in log
        if each.correlation_id == asked.correlation_id and each.event == "processed"
    }
    return [
        Step(
            seconds=round(each.time - asked.sent, 3),
            service=each.service,
            tag=each.tag,
            message_id=each.message_id,
            cause=seen[each.causation_id].tag if each.causation_id in seen else None,
        )
        # Not by time: an answer may have been handled before the batch is logged that sent it.
        for each in sorted(seen.values(), key=lambda each: (_depth(each, seen), each.time))
    ]


def _depth(message: Seen, seen: Mapping[str, Seen]) -> int:
    """Return how many messages came before this one, each the cause of the next."""
    cause = seen.get(message.causation_id or "")
    return 0 if cause is None else 1 + _depth(cause, seen)


def wrong(asked: Asked, steps: Sequence[Step]) -> list[str]:
    """Return what is wrong unless each leg was caused by the one before."""
    expected: list[tuple[str, str | None]] = []
    cause = None
    for leg in asked.legs:
        expected.append((leg.tag, cause))
        cause = leg.tag
    found = [(step.tag, step.cause) for step in steps]
    return [] if found == expected else [f"the conversation went {found}, expected {expected}"]
