"""What can go wrong, and where: at every AWS call, and before and after every handler."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from botocore.exceptions import ClientError, ReadTimeoutError

# "repeated" is what the SDK does by itself when the first answer is lost; "slow" takes seconds;
# "meanwhile" another invocation takes its turn.
Fault = Literal[
    "error", "throttle", "lost answer", "repeated", "partial", "slow",
    "die before", "die after", "meanwhile",
]  # fmt: skip
FAULTS: Final[tuple[Fault, ...]] = (
    "error", "throttle", "lost answer", "lost answer", "repeated", "partial", "partial", "slow",
    "die before", "die before", "die after", "die after", "meanwhile", "meanwhile",
)  # fmt: skip


class ProcessDied(BaseException):
    """The process ends here: nothing may catch this."""


class Refused(ClientError):
    """AWS said no."""

    response: dict[str, Any]  # type: ignore[assignment]  # botocore's type knows no items

    def __init__(self, code: str, operation: str, item: Mapping[str, Any] | None = None) -> None:
        """Say no to `operation` with `code`, and with the item that is in the way."""
        super().__init__({"Error": {"Code": code, "Message": "no"}}, operation)
        if item:
            self.response["Item"] = item


class ConditionFailed(Refused):
    """DynamoDB's ConditionalCheckFailedException."""


class NoSuchKey(Refused):
    """S3 has no such object."""


def lost_answer() -> Exception:
    """Return what the SDK raises when the answer does not come."""
    return ReadTimeoutError(endpoint_url="https://aws")


class Armed:
    """The faults that will strike, by how many points from now."""

    def __init__(self, faults: dict[int, Fault] | None = None) -> None:
        """Arm `faults`."""
        self._faults, self._point = dict(faults or {}), -1

    def strike(self, may: tuple[Fault, ...]) -> Fault | None:
        """Return the fault of the next point; one that cannot happen there waits for the next."""
        self._point += 1
        due = [at for at in sorted(self._faults) if at <= self._point and self._faults[at] in may]
        return self._faults.pop(due[0]) if due else None
