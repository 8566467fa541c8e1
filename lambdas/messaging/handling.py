"""Running a handler: its result, whatever it is, becomes an outcome."""

import time
from typing import Final

from messaging.context import context_of
from messaging.deadline import call_within
from messaging.errors import HandlerTimedOut, Reject
from messaging.invocation import Invocation
from messaging.outcome import DeadLetter, Done, HandBack, Outcome
from messaging.retrying import failed
from messaging.work import Work

# Below this many seconds a handler is not started: it could hardly do anything but time out.
_WORTH_STARTING: Final = 0.1


def handle(work: Work, invocation: Invocation, waiting: int) -> None:
    """Run the handler of `work` and note its outcome; `waiting` others stand behind it."""
    limit = invocation.deadline.limit(invocation.consumer.handler_timeout, waiting)
    if limit < _WORTH_STARTING:
        work.outcome = HandBack("the invocation was about to end")
        return
    started = time.monotonic()
    work.outcome = run(work, invocation, limit)
    work.duration = time.monotonic() - started


def run(work: Work, invocation: Invocation, limit: float) -> Outcome:
    """Run the handler within `limit` seconds and return the outcome."""
    envelope, message, route = work.envelope, work.message, work.route
    assert envelope is not None
    assert route is not None
    end = time.monotonic() + limit
    context = context_of(
        envelope, invocation.config, work.held_back, lambda: end - time.monotonic()
    )
    try:
        call_within(limit, lambda: route.handle(message, context))
    except Reject as error:
        return DeadLetter(reason=error.reason, error=error, cause="rejected")
    except invocation.permanent as error:
        reason = f"{type(error).__name__} is declared permanent: {error}"
        return DeadLetter(reason=reason, error=error, cause="rejected")
    # SystemExit too: a handler that calls sys.exit() must not take its batch-mates with it.
    except (Exception, HandlerTimedOut, SystemExit) as error:  # noqa: BLE001 - retrying is for this
        return failed(envelope, invocation, error)
    return Done()
