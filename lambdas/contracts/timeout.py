"""The time-out of a service's own requests."""

from typing import ClassVar, TypeVar

import msgspec

from contracts.message import Command, Message

M = TypeVar("M", bound=Message)


class RequestTimedOut(Command, frozen=True, kw_only=True):
    """A request, or a published request, has not got all its replies within its time limit.

    `request_id`   the message id of the request
    `request_tag`  its msgTag
    `timeout`      its time limit in seconds
    `request`      its body; use `read` to decode it
    """

    msg_tag: ClassVar[str] = "RequestTimedOut"

    request_id: str
    request_tag: str
    timeout: float
    request: msgspec.Raw

    def read(self, contract: type[M]) -> M:
        """Return the request as `contract`; raises ValidationError if it has another msgTag."""
        if contract.msg_tag != self.request_tag:
            raise msgspec.ValidationError(
                f"the request was a {self.request_tag}, not a {contract.msg_tag}"
            )
        return msgspec.json.decode(self.request, type=contract)
