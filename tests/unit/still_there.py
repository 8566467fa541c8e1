"""None."""

STILL_THERE: set[str] = set()
