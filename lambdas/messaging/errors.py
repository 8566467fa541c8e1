"""The outcomes that a handler raises, and the errors of this package. The first line of a docstring
is the error's text where it is raised without one.
"""

from typing import Final

# Seconds. A longer delay belongs to a scheduler: a message passes through its queue once for each
# 15 minutes of delay.
MAX_RETRY_DELAY: Final = 30 * 86_400


class MessagingError(Exception):
    """The base class of every error of this package, except HandlerTimedOut."""

    def __init__(self, message: str | None = None) -> None:
        """Set the text: `message`, or the first line of the class's docstring."""
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class Retry(MessagingError):
    """The handler requests another attempt.

    `delay` is the number of seconds until then, or None: the consumer's retry policy computes it.
    The attempt counts either way.
    """

    def __init__(self, reason: str | None = None, *, delay: float | None = None) -> None:
        """Request another attempt in `delay` seconds; raises ValueError unless it is from 0 to
        2,592,000 (30 days).
        """
        super().__init__(reason)
        if delay is not None and not 0 <= delay <= MAX_RETRY_DELAY:
            raise ValueError(
                f"delay is {delay}; it must be a number of seconds from 0 to {MAX_RETRY_DELAY} "
                "(30 days)"
            )
        self.delay = delay


class Reject(MessagingError):
    """The handler rejects the message: it goes to the dead-letter queue without another attempt.

    In a direct invocation the caller gets `Rejected` with the reason, an HTTP client a 422.
    """

    def __init__(self, reason: str) -> None:
        """Reject the message; the dead letter carries `reason`."""
        super().__init__(reason)
        self.reason = reason


class InvalidMessage(MessagingError):
    """The message is not valid. It is dead-lettered and never retried."""


class NotDeclared(InvalidMessage):
    """The topology does not let this function send that message there, or use that table. Nothing
    was sent.
    """


class NoReplyExpected(MessagingError):
    """No service waits for a reply in this conversation: publish the event instead."""


class MessageLimitExceeded(MessagingError):
    """The message exceeds a limit of SNS, SQS or Lambda. Nothing was sent."""


class PublishFailed(MessagingError):
    """The message could not be sent, or its arrival is unknown: send it again with the same id.

    `code` is AWS's error code, e.g. "Throttled", or the class of the error where AWS gave none, and
    `text` its text. `may_have_left` is False only if the message is known not to have left.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str = "",
        text: str = "",
        may_have_left: bool = True,
        message_id: str = "",
    ) -> None:
        """Set the text, the reason, and the id of the message."""
        super().__init__(message)
        self.code, self.text, self.may_have_left = code, text, may_have_left
        self.message_id = message_id


class CallFailed(MessagingError):
    """The invoked function failed, or could not be invoked.

    `type` and `text` are the type and the text of the error that the function raised or that AWS
    returned, "" if unknown.
    """

    def __init__(self, message: str, *, type_: str = "", text: str = "") -> None:
        """Set the text, and the type and the text of the error behind it."""
        super().__init__(message)
        self.type, self.text = type_, text


class CallTimedOut(CallFailed):
    """The invoked function did not return in time. Its work may have been done all the same."""


class RequeueFailed(MessagingError):
    """A failed message could not be requeued, so the whole batch is returned to its queue."""


class HandlerTimedOut(BaseException):
    """The handler did not finish within its time limit.

    Not an Exception, so that `except Exception` in a handler or in the AWS SDK does not catch it.
    """
