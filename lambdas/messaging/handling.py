"""Running a handler: its result, whatever it is, becomes an outcome."""

import random
import time
from datetime import UTC, datetime, timedelta

from messaging.context import context_of
from messaging.deadline import Deadline, call_within
from messaging.envelope import Envelope
from messaging.errors import HandlerTimedOut, Reject, Retry
from messaging.limits import MAX_DELAY
from messaging.outcome import DeadLetter, Done, HandBack, Outcome, Requeue
from messaging.settings import ConsumerSettings, Settings
from messaging.work import Work

# Below this many seconds a handler is not started: it could hardly do anything but time out.
_WORTH_STARTING = 0.1

Permanent = tuple[type[Exception], ...]


def handle(
    work: Work, config: Settings, permanent: Permanent, deadline: Deadline, waiting: int
) -> None:
    """Run the handler of `work` and note its outcome; `waiting` others of the batch stand behind
    it.
    """
    consumer = config.consumer
    assert consumer is not None
    limit = deadline.limit(consumer.handler_timeout, waiting)
    if limit < _WORTH_STARTING:
        work.outcome = HandBack("the invocation was about to end")
        return
    started = time.monotonic()
    work.outcome = _outcome(work, config, permanent, limit)
    work.duration = time.monotonic() - started
    if not isinstance(work.outcome, Done):
        work.held_back.clear()


def _outcome(work: Work, config: Settings, permanent: Permanent, limit: float) -> Outcome:
    envelope, message, function = work.envelope, work.message, work.handle
    assert envelope is not None
    assert function is not None
    end = time.monotonic() + limit
    context = context_of(envelope, config, work.held_back, lambda: end - time.monotonic())
    assert config.consumer is not None
    try:
        call_within(limit, lambda: function(message, context))
    except Reject as error:
        return DeadLetter(reason=error.reason, error=error)
    except permanent as error:
        return DeadLetter(
            reason=f"{type(error).__name__} is declared permanent: {error}", error=error
        )
    # SystemExit too: a handler that calls sys.exit() must not take its batch-mates with it.
    except (Exception, HandlerTimedOut, SystemExit) as error:  # noqa: BLE001 - that is what retrying is for
        return failed(envelope, config.consumer, error)
    return Done()


def failed(envelope: Envelope, consumer: ConsumerSettings, error: BaseException) -> Outcome:
    """Return what becomes of a message whose handling failed with `error`: another attempt, or the
    dead-letter queue.
    """
    policy = consumer.retry
    if policy.exhausted(envelope.attempt):
        return DeadLetter(
            reason=f"all {envelope.attempt} attempts failed, the last with {_told(error)}",
            error=error,
        )
    now = datetime.now(UTC)
    delay = _delay(envelope, consumer, error)
    if (
        policy.max_age is not None
        and (now - envelope.first_received).total_seconds() + delay > policy.max_age
    ):
        return DeadLetter(
            reason=f"attempt {envelope.attempt} failed with {_told(error)}, and the next one "
            f"would come later than {policy.max_age:g} s after the first",
            error=error,
        )
    return Requeue(
        attempt=envelope.attempt + 1,
        delay=delay,
        why=_told(error),
        not_before=now + timedelta(seconds=delay) if delay > MAX_DELAY else None,
        error=error,
    )


def _delay(envelope: Envelope, consumer: ConsumerSettings, error: BaseException) -> float:
    if isinstance(error, Retry) and error.after is not None:
        return error.after
    previous = envelope.retry.delay if envelope.retry else None
    # Jitter spreads load; it guards no secret.
    return round(consumer.retry.delay(envelope.attempt, random.uniform, previous))


def _told(error: BaseException) -> str:
    text = str(error)[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
