"""What a handler can say besides "done", and what can go wrong. A docstring is the message people
read.
"""

from typing import Final

# Seconds. Longer waits belong to a scheduler: each 15 minutes of them is one pass through the
# queue.
MAX_RETRY_AFTER: Final = 30 * 86_400


class MessagingError(Exception):
    """The root of every error of this package."""

    def __init__(self, message: str | None = None) -> None:
        """Keep `message`, or the first line of the class's docstring where there is none."""
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class Retry(MessagingError):
    """The handler asks for another attempt. Raise it with `delay`, in seconds, to choose when.

    Without `delay` the consumer's retry policy chooses. The attempt counts either way.
    """

    def __init__(self, reason: str | None = None, *, delay: float | None = None) -> None:
        """Ask for another attempt, `delay` seconds from now (0 to 30 days)."""
        super().__init__(reason)
        if delay is not None and not 0 <= delay <= MAX_RETRY_AFTER:
            raise ValueError(
                f"delay is {delay}; it is a number of seconds from 0 to {MAX_RETRY_AFTER} (30 days)"
            )
        self.delay = delay


class Reject(MessagingError):
    """The handler refuses the message: it goes to the dead-letter queue now, with the reason."""

    def __init__(self, reason: str) -> None:
        """Refuse the message; `reason` is what the person who reads the dead letter will see."""
        super().__init__(reason)
        self.reason = reason


class InvalidMessage(MessagingError):
    """The message cannot be understood. It is dead-lettered, never retried."""


class NotDeclared(InvalidMessage):
    """The map does not let this service send that message there. Nothing was sent."""


class NoReplyExpected(MessagingError):
    """Nobody waits for an answer in this conversation: publish the event instead."""


class MessageLimitExceeded(MessagingError):
    """The message is over a limit of SNS or SQS. Nothing was sent."""


class PublishFailed(MessagingError):
    """The message could not be published. Nothing says that it arrived: publish it again with the
    same id.
    """


class CallFailed(MessagingError):
    """A function that was invoked failed in a way nobody expected. `type` and `text` are those of
    the error it raised, where it did.
    """

    def __init__(self, message: str, *, type_: str = "", text: str = "") -> None:
        """Say what failed, and with which error."""
        super().__init__(message)
        self.type, self.text = type_, text


class CallTimedOut(CallFailed):
    """A function that was invoked did not answer in time. It may still have done its work."""


class RequeueFailed(MessagingError):
    """A failed message could not be requeued, so the whole batch is returned to its queue."""


class HandlerTimedOut(BaseException):
    """The handler did not finish within its time limit.

    Not an Exception, so that neither a handler nor the AWS SDK's own retries can swallow it.
    """
