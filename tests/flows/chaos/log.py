"""Reading what the runtime logged."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from ops.local.aws import Aws
from tests.flows.chaos.records import Invocation, Line, Message

# Of the log: milliseconds that are read at once, and events that the emulator then returns.
_WINDOW: Final = 5_000
_MOST_EVENTS: Final = 10_000


def read_log(
    aws: Aws, group: str, messages: dict[str, Message], invocations: dict[str, Invocation]
) -> int:
    """Add what the runtime logged; return how many invocations ran out of time."""
    timeouts, requests = 0, dict[str, str]()
    begun = min(invocation.at for invocation in invocations.values())
    for event in _events(aws, group, begun):
        stream, text = event["logStreamName"], event["message"]
        if text.startswith("START RequestId: "):
            # The emulator writes each invocation to a stream of its own.
            requests[stream] = text.split()[2]
        timeouts += text.startswith("Task timed out")
        entry = json.loads(text) if text.startswith("{") else {}
        if entry.get("event") == "not noted" and requests[stream] in invocations:
            invocations[requests[stream]].not_noted += entry["items"]
        elif "messageId" in entry and "attempt" in entry:
            line = Line(
                entry["event"], entry["requestId"], entry["attempt"], entry.get("errorType")
            )
            messages[entry["messageId"]].lines.append(line)
    return timeouts


def _events(aws: Aws, group: str, since: float) -> Iterator[Any]:
    """Yield all events; the emulator returns 10,000 at once and never a token for more."""
    start, now = int(since * 1000), int(time.time() * 1000)
    while start <= now:
        end = start + _WINDOW
        found = aws.logs.filter_log_events(logGroupName=group, startTime=start, endTime=end - 1)
        assert len(found["events"]) < _MOST_EVENTS, "the window is too long"
        yield from found["events"]
        start = end
