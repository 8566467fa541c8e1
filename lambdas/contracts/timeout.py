"""What the runtime tells a service about its own requests."""

from typing import ClassVar, TypeVar

import msgspec

from contracts.message import Command, Message

M = TypeVar("M", bound=Message)


class RequestTimedOut(Command, frozen=True, kw_only=True):
    """A request, or a published one, was not answered in full within its time limit.

    `request_id` is the id that the request had, `request_tag` its msgTag, `request` the document
    that was sent, `timeout` its limit in seconds.
    """

    msg_tag: ClassVar[str] = "RequestTimedOut"

    request_id: str
    request_tag: str
    timeout: float
    request: msgspec.Raw

    def read(self, contract: type[M]) -> M:
        """Return the request as it was sent; raises ValidationError when it was another one."""
        if contract.msg_tag != self.request_tag:
            raise msgspec.ValidationError(
                f"the request was a {self.request_tag}, not a {contract.msg_tag}"
            )
        return msgspec.json.decode(self.request, type=contract)
