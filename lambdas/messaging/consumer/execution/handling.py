"""Running a handler: its result or its exception becomes an outcome."""

import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from contracts.message import Event
from messaging.consumer.model.delivery import Claimed, Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DONE, DeadLetter, Outcome, Release
from messaging.consumer.model.retry_decision import outcome_of
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

if TYPE_CHECKING:
    from messaging.sending.outgoing import OutgoingMessage

# Seconds. With less time left a handler is not started: it could hardly do anything but time out.
WORTH_STARTING: Final = 0.1
TOO_LATE: Final = Release("the invocation was about to end")


def handle(
    delivery: Claimed, invocation: Invocation, waiting: int, interrupter: Interrupter
) -> Handled:
    """Run the handler, behind which `waiting` others stand, within its share of the time."""
    limit = invocation.deadline.limit(invocation.consumer.handler_timeout, waiting)
    if limit < WORTH_STARTING:
        return delivery.decided(TOO_LATE)
    return run(delivery, invocation, limit, interrupter)


def run(
    delivery: Claimed, invocation: Invocation, limit: float, interrupter: Interrupter
) -> Handled:
    """Run the handler within `limit` seconds."""
    started = time.monotonic()
    messages: list[OutgoingMessage] = []
    outcome = _outcome(delivery, messages, invocation, limit, interrupter)
    seconds = time.monotonic() - started
    return delivery.handled(outcome, messages=tuple(messages), seconds=seconds)


def _outcome(
    delivery: Claimed,
    messages: "list[OutgoingMessage]",
    invocation: Invocation,
    limit: float,
    interrupter: Interrupter,
) -> Outcome:
    try:
        interrupter.call(limit, lambda: _call(delivery, messages, invocation, limit))
    except Reject as error:
        return DeadLetter(reason=error_text(error), error=error, cause="rejected")
    except (MessageLimitExceeded, InvalidMessage, NoReplyExpected) as error:
        # Of the message that the handler sent, or its address: another attempt would fail alike.
        reason = f"{type(error).__name__}: {error_text(error)}"
        return DeadLetter(reason=reason, error=error, cause="rejected")
    except invocation.non_retryable as error:
        reason = f"{type(error).__name__} is declared non-retryable: {error_text(error)}"
        return DeadLetter(reason=reason, error=error, cause="rejected")
    # SystemExit too: a handler that calls sys.exit() must not end the rest of its batch.
    except (Exception, HandlerTimedOut, SystemExit) as error:  # noqa: BLE001 - retrying is for this
        return outcome_of(delivery.envelope, invocation, error)
    return DONE


def _call(
    delivery: Claimed, messages: "list[OutgoingMessage]", invocation: Invocation, limit: float
) -> None:
    """Call the handler; what it sends is collected in `messages`."""
    envelope, registration, replies = delivery.envelope, delivery.registration, delivery.replies
    if delivery.document is not None:
        envelope = replace(envelope, body=delivery.document)
    end = time.monotonic() + limit
    context = Context(envelope, delivery.message, invocation.config, messages, end, replies)
    late = replies is not None and not replies.in_time
    handler = registration.late if late and registration.late else registration.handle
    result = handler(delivery.message, context)
    if isinstance(result, Event):
        context._reply_or_publish(result)
