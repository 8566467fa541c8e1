"""Claim check: a body too large for SNS waits in S3, and the message says where.

The header's `dataref` is CloudEvents' extension of that name. Hohpe and Woolf, "Enterprise
Integration Patterns", Claim Check.
"""

from typing import Final

from msgspec import Struct

from messaging.aws import clients as aws
from messaging.errors import InvalidMessage
from messaging.wire.envelope import Envelope

_SCHEME: Final = "s3://"


class Claim(Struct, frozen=True):
    """A body on its way to S3."""

    bucket: str
    key: str
    body: str

    @property
    def uri(self) -> str:
        """Return where it will be."""
        return f"{_SCHEME}{self.bucket}/{self.key}"

    def check_in(self) -> None:
        """Store the body; again is the same object with the same content."""
        aws.client("s3").put_object(
            Bucket=self.bucket,
            Key=self.key,
            Body=self.body.encode(),
            ContentType="application/json",
        )


def body_of(envelope: Envelope) -> str:
    """Return the body that a message's header refers to; raises InvalidMessage when it is gone."""
    reference = envelope.header.dataref or ""
    bucket, _, key = reference.removeprefix(_SCHEME).partition("/")
    if not (reference.startswith(_SCHEME) and bucket and key):
        raise InvalidMessage(f"dataref {reference[:200]!r} is not the address of an object in S3")
    client = aws.client("s3")
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.NoSuchKey as error:
        raise InvalidMessage(f"{reference} is gone: objects are deleted after a time") from error
    return str(answer["Body"].read(), "utf-8")
