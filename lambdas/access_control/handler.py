"""What Access Control answers, and where it is decided."""

import time

from access_control import members, roles
from contracts.access_control import AccessDecided, CheckAccess
from messaging import Context, Function, log

access = Function()


@access.on(CheckAccess)
def check_access(check: CheckAccess, context: Context) -> AccessDecided:
    """Decide by the roles of the member whose token it is."""
    member = members.find(check.token_digest)
    decided, reason = roles.decide(member, check.permission, time.time())
    # The reason is for whoever runs this: who asks learns yes or no. Neither who it was nor the
    # digest, by which one member's requests could be told from another's.
    log.info(
        "access decided",
        allowed=decided.allowed,
        reason=reason,
        permission=check.permission,
        correlationId=context.correlation_id,
    )
    return decided
