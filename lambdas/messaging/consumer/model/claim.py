"""A claim: what an invocation has, or wants to have, in the idempotency table for one delivery."""

from msgspec import Struct


class Claim(Struct, frozen=True):
    """The claim on a message. `key` is that of its item, `owner` marks who made the claim, and
    `digest` is the SHA-256 of the body, None unless the consumer checks payloads.
    """

    key: str
    owner: str
    digest: bytes | None = None
