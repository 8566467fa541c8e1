"""What Requestor's API takes in."""

from typing import Annotated

import msgspec
from msgspec import Meta

from contracts.generator import Attempts, Length

# From what a queue can tell apart to a day.
Seconds = Annotated[float, Meta(ge=1, le=86_400)]


class AskString(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of `POST /ask-string`; the first `fail_times` attempts to generate it fail."""

    length: Length
    fail_times: Attempts = 0


class RequestString(AskString, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of `POST /request-string`; `timeout` limits how many seconds it may take."""

    timeout: Seconds | None = None
