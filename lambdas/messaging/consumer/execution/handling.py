"""Running a handler: its result, whatever it is, becomes an outcome."""

import time
from typing import Final

from msgspec.structs import replace

from contracts.message import Event
from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.failure import outcome_of
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Done, Outcome, Release
from messaging.conversation.context import Context
from messaging.deadline import Interrupter
from messaging.errors import (
    HandlerTimedOut,
    InvalidMessage,
    MessageLimitExceeded,
    NoReplyExpected,
    Reject,
)
from messaging.wire.failure import error_text

# Below this many seconds a handler is not started: it could hardly do anything but time out.
WORTH_STARTING: Final = 0.1


def handle(work: Delivery, invocation: Invocation, waiting: int, interrupter: Interrupter) -> None:
    """Run the handler of `work` and note its outcome; `waiting` others stand behind it."""
    limit = invocation.deadline.limit(invocation.consumer.handler_timeout, waiting)
    if limit < WORTH_STARTING:
        work.outcome = Release("the invocation was about to end")
        return
    started = time.monotonic()
    work.outcome = run(work, invocation, limit, interrupter)
    work.duration = time.monotonic() - started


def run(work: Delivery, invocation: Invocation, limit: float, interrupter: Interrupter) -> Outcome:
    """Run the handler within `limit` seconds and return the outcome."""
    envelope = work.envelope
    assert envelope is not None
    try:
        interrupter.call(limit, lambda: _run(work, invocation, limit))
    except Reject as error:
        return DeadLetter(reason=error_text(error), error=error, cause="rejected")
    except (MessageLimitExceeded, InvalidMessage, NoReplyExpected) as error:
        # What it wanted to send, or to where: no other attempt would do better.
        reason = f"{type(error).__name__}: {error_text(error)}"
        return DeadLetter(reason=reason, error=error, cause="rejected")
    except invocation.non_retryable as error:
        reason = f"{type(error).__name__} is declared non-retryable: {error_text(error)}"
        return DeadLetter(reason=reason, error=error, cause="rejected")
    # SystemExit too: a handler that calls sys.exit() must not take its batch-mates with it.
    except (Exception, HandlerTimedOut, SystemExit) as error:  # noqa: BLE001 - retrying is for this
        return outcome_of(envelope, invocation, error)
    return Done()


def _run(work: Delivery, invocation: Invocation, limit: float) -> None:
    envelope, message, route = work.envelope, work.message, work.route
    assert envelope is not None
    assert message is not None
    assert route is not None
    seen = envelope if work.document is None else replace(envelope, body=work.document)
    end = time.monotonic() + limit
    context = Context(seen, message, invocation.config, work.to_dispatch, end, work.replies)
    late = work.replies is not None and not work.replies.in_time
    function = route.late if late and route.late else route.handle
    answer = function(message, context)
    if isinstance(answer, Event):
        context._reply_or_publish(answer)
