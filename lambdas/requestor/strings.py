"""The strings asked for, a row each. Its status goes from "requested" to "stored", or to
"timed out" and, if the answer comes after all, to "late". Never back.
"""

import uuid

import msgspec

from contracts.generator import StringGenerated
from contracts.requestor import AskString, RequestString
from messaging import Reject, table


def id_for(key: str | None) -> str:
    """Return the id of a new string; the `idempotency_key` of a request is the id of its string."""
    return key or str(uuid.uuid4())


def note_request(id_: str, wanted: RequestString) -> None:
    """Note that a string is requested; again, it changes nothing.

    Raises Reject when something else was asked for under this id.
    """
    _put(id_, wanted, status="requested")


def keep_asked(wanted: AskString, answer: StringGenerated) -> None:
    """Store a string that Generator gave at once; raises Reject as `note_request` does."""
    _put(answer.id, wanted, status="stored", string=answer.string)


def keep(answer: StringGenerated) -> None:
    """Store a string that came in time; raises Reject when it is not expected."""
    _answered(answer, "stored", after=("requested", "stored"))


def keep_late(answer: StringGenerated) -> None:
    """Store a string that came after its time limit; raises Reject when it is not expected."""
    _answered(answer, "late", after=("requested", "timed out", "late"))


def time_out(id_: str) -> None:
    """Note that no answer came in time. A late one may have come meanwhile, and stands."""
    table.transition("strings", id_, table.item(status="timed out"), after=("requested",))


def find(id_: str) -> dict[str, str] | None:
    """Return the id, the status and, once it is there, the string; None for an unknown id."""
    row = table.get("strings", id_)
    return row and {name: row[name] for name in ("id", "status", "string") if name in row}


def _put(id_: str, wanted: AskString, **values: str) -> None:
    asked = msgspec.json.encode(wanted).decode()
    if table.put_once("strings", table.item(id=id_, asked=asked, **values)):
        return
    # Its status may have changed meanwhile.
    found = table.get("strings", id_)
    if found and found["asked"] != asked:
        # An id comes twice with its Idempotency-Key only.
        raise Reject("This Idempotency-Key was used for a different request. Take a new key.")


def _answered(answer: StringGenerated, status: str, *, after: tuple[str, ...]) -> None:
    new = table.item(status=status, string=answer.string)
    if not table.transition("strings", answer.id, new, after=after):
        raise Reject("No string with this id waits for an answer.")
