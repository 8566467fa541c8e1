"""The function of Members, which others invoke."""

import time

from contracts.members import CheckMember, MemberChecked
from messaging import Context, Function, log, table

access = Function()


@access.on(CheckMember)
def check_member(command: CheckMember, context: Context) -> MemberChecked:
    """Allow what the row of the member permits, until the row expires."""
    row = table.get("members", command.token_digest) or {}
    allowed = (
        command.permission in row.get("permissions", ()) and row.get("expires", 0) > time.time()
    )
    # Neither the principal nor the digest, which would tell one member's requests from another's.
    log.info("member checked", allowed=allowed, correlationId=context.correlation_id)
    return MemberChecked(allowed=allowed, principal=row["principal"] if allowed else None)
