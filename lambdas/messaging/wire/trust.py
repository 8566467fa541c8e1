"""Who sent a record, and what of the runtime's state is honoured from there.

`SenderId` is written by SQS: for a message from SNS it is SNS's own principal, for a function
`<role id>:<session name>`. Whoever assumes a role chooses the session name, so only the role id
identifies a sender.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal

# own       a function of the service that may send to this queue, e.g. the consumer itself
# known     another role session, or the account itself: IAM lets it write to the queue
# stranger  SNS, which cannot be told from an IAM user by its id, and what has no id
Trust = Literal["own", "known", "stranger"]


def trust_of(sender_id: str, senders: Collection[str]) -> Trust:
    """Return the trust in the sender with that `SenderId`; `senders` are role ids."""
    role, colon, _ = sender_id.partition(":")
    if colon and role in senders:
        return "own"
    account = sender_id.isascii() and sender_id.isdigit()
    return "known" if (colon and role) or account else "stranger"


def trust_in(record: Mapping[str, Any], senders: Collection[str]) -> Trust:
    """Return the trust in the sender of an SQS record."""
    return trust_of(str(record.get("attributes", {}).get("SenderId", "")), senders)
