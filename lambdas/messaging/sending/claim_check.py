"""Claim check: the body of a message that is too large for SNS is stored in S3.

The header's `dataref` is CloudEvents' extension of that name. Hohpe and Woolf, "Enterprise
Integration Patterns", Claim Check.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from messaging.aws import clients as aws
from messaging.errors import InvalidMessage, MessageLimitExceeded
from messaging.limits import MAX_CLAIM_BYTES
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


def claim(bucket: str, tag: str, id_: str, body: str) -> Claim:
    """Return the claim for the body of a message; raises MessageLimitExceeded for a body that no
    receiver would read.
    """
    if (size := len(body.encode())) > MAX_CLAIM_BYTES:
        raise MessageLimitExceeded(
            f"{tag} has a body of {size} bytes; the limit of a claim check is {MAX_CLAIM_BYTES}"
        )
    return Claim(bucket, f"{tag}/{id_}.json", body)


def body_of(envelope: Envelope, buckets: Mapping[str, str]) -> str:
    """Return the body to which the header's `dataref` refers; `buckets` by msgTag.

    Raises InvalidMessage if `dataref` is not the address of a body of this msgTag in its
    publisher's bucket, if the body is larger than 16 MiB or no UTF-8, or if it has expired, and the
    errors of the SDK.
    """
    reference = envelope.header.dataref or ""
    bucket, key = _place(reference, envelope.tag, buckets)
    client = aws.client("s3")
    try:
        response = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.NoSuchKey as error:
        raise InvalidMessage(f"{reference} is gone: the bucket's objects expire") from error
    return _text(response, reference)


def _place(reference: str, tag: str, buckets: Mapping[str, str]) -> tuple[str, str]:
    """Return the bucket and the key of a body; raises InvalidMessage for any other object."""
    bucket, _, key = reference.removeprefix(_SCHEME).partition("/")
    expected = buckets.get(tag)
    if not expected or not reference.startswith(_SCHEME) or bucket != expected:
        raise InvalidMessage(f"dataref {reference[:200]!r} is not in the bucket of {tag}")
    # S3 takes a key as it is; an HTTP client or a proxy may resolve "..", which leads out of it.
    folder, *names = key.split("/")
    if folder != tag or not names or {".", ".."} & set(names):
        raise InvalidMessage(f"dataref {reference[:200]!r} is not a body of {tag}")
    return bucket, key


def _text(response: Mapping[str, Any], reference: str) -> str:
    if (size := response["ContentLength"]) > MAX_CLAIM_BYTES:
        response["Body"].close()
        raise InvalidMessage(f"{reference} has {size} bytes; the limit is {MAX_CLAIM_BYTES}")
    try:
        return str(response["Body"].read(), "utf-8")
    except UnicodeDecodeError as error:
        raise InvalidMessage(f"{reference} is not UTF-8: {error}") from error
