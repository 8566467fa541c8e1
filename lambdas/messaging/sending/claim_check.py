"""Claim check: the body of a message that is too large for SNS is stored in S3.

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
    """A body to store in S3."""

    bucket: str
    key: str
    body: str

    @property
    def uri(self) -> str:
        """The address of the stored body, for `dataref`."""
        return f"{_SCHEME}{self.bucket}/{self.key}"

    def check_in(self) -> None:
        """Store the body; to repeat it writes the same object."""
        aws.client("s3").put_object(
            Bucket=self.bucket,
            Key=self.key,
            Body=self.body.encode(),
            ContentType="application/json",
        )


def body_of(envelope: Envelope) -> str:
    """Return the body to which the header's `dataref` refers.

    Raises InvalidMessage if `dataref` is no S3 address or the object has expired, and the errors of
    the SDK.
    """
    reference = envelope.header.dataref or ""
    bucket, _, key = reference.removeprefix(_SCHEME).partition("/")
    if not (reference.startswith(_SCHEME) and bucket and key):
        raise InvalidMessage(f"dataref {reference[:200]!r} is not the address of an object in S3")
    client = aws.client("s3")
    try:
        response = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.NoSuchKey as error:
        raise InvalidMessage(f"{reference} is gone: the bucket's objects expire") from error
    return str(response["Body"].read(), "utf-8")
