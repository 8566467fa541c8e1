"""Why a message was handled once more, or had two copies, as far as it is proven."""

from collections.abc import Container
from typing import Final

from tests.flows.chaos.records import Evidence, Invocation, Message

KILLED: Final = "its worker was killed"
TIMED_OUT: Final = "its invocation ran out of time"
NOT_NOTED: Final = "its completion could not be noted"
COPIED: Final = "a copy was sent although the call failed"
# Errors that strike after a handler had its effect.
_AFTER: Final = {
    "PublishFailed": "what it published could not leave",
    "HandlerTimedOut": "its handler was interrupted after the effect",
}


def again(request: str, found: Message, evidence: Evidence, killed: Container[int]) -> str | None:
    """Return why a message was handled again after an invocation in which it had its effect."""
    invocation = evidence.invocations[request]
    if not invocation.ended:
        return _died(invocation, killed)
    for line in found.lines:
        if line.request == request and line.error in _AFTER:
            return _AFTER[line.error]
        if line.request == request and line.event == "processed" and invocation.not_noted:
            return NOT_NOTED
    return None


def copied(found: Message, evidence: Evidence, killed: Container[int]) -> str | None:
    """Return why there were two copies of the message."""
    if any(line.event == "returned" for line in found.lines):
        return COPIED
    touched = (evidence.invocations[request] for request in found.touched_by)
    return next((_died(each, killed) for each in touched if not each.ended), None)


def _died(invocation: Invocation, killed: Container[int]) -> str:
    return KILLED if invocation.pid in killed else TIMED_OUT
