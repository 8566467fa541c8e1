"""The outcome of a failed run, by the retry policy: another attempt, or the dead-letter queue."""

from datetime import UTC, datetime, timedelta

from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Requeue
from messaging.errors import Retry
from messaging.limits import MAX_DELAY
from messaging.wire.envelope import Envelope
from messaging.wire.failure import error_text

# Characters of an error's text in a reason and in the attribute `retry`.
_MAX_TEXT = 300


def outcome_of(envelope: Envelope, invocation: Invocation, error: BaseException) -> Outcome:
    """Return the outcome of a message whose handling failed with `error`."""
    policy, attempt, text = invocation.consumer.retry, envelope.attempt, _described(error)
    if policy.exhausted(attempt):
        reason = f"all {attempt} attempts failed, the last with {text}"
        return DeadLetter(reason=reason, error=error, cause="attempts")
    delay, now = _delay(envelope, invocation, error), datetime.now(UTC)
    age = (now - envelope.first_received).total_seconds()
    if policy.max_age is not None and age + delay > policy.max_age:
        reason = (
            f"attempt {attempt} failed with {text}, and the next one would come "
            f"later than {policy.max_age:g} s after the first"
        )
        return DeadLetter(reason=reason, error=error, cause="attempts")
    return Requeue(
        attempt=attempt + 1,
        delay=delay,
        why=text,
        not_before=now + timedelta(seconds=delay) if delay > MAX_DELAY else None,
        error=error,
    )


def _delay(envelope: Envelope, invocation: Invocation, error: BaseException) -> float:
    """Return the seconds until the next attempt."""
    if isinstance(error, Retry) and error.delay is not None:
        return error.delay
    previous = envelope.retry.delay if envelope.retry else None
    # Imported here: a cold start without failures does not need it.
    import random

    # Jitter spreads load; it guards no secret.
    delay = invocation.consumer.retry.delay(envelope.attempt, random.uniform, previous)
    # SQS counts whole seconds, and rounding up would turn every first delay into the longest.
    return round(delay)


def _described(error: BaseException) -> str:
    text = error_text(error)[:_MAX_TEXT]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
