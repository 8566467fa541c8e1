"""What is common to all AWS calls: how a fault strikes them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from tests.unit.messaging.invariant.faults import FAULTS, Fault, Refused, lost_answer

if TYPE_CHECKING:
    from tests.unit.messaging.invariant.world import World

Entry = dict[str, Any]
Answer = dict[str, Any]
# Does what an entry of a batch asks for; returns why not, where it cannot be.
Apply = Callable[[Entry], str | None]

_SLOW: Final = (2.0, 8.0, 21.0)
# The share of batches of which some entries are refused, while a service is out in part.
_IN_PART: Final = 0.5


class Client:
    """A call may fail before it has an effect, after it, or in part."""

    def __init__(self, world: "World") -> None:
        """Act on `world`."""
        self.world = world

    def before(self, target: str) -> Fault | None:
        """Begin a call; return the fault that is still to come."""
        fault = self.world.point(FAULTS)
        if fault == "partial" and target == "dynamodb":
            self.world.process.undone += 1
        elif fault not in (None, "meanwhile", "repeated"):
            self.world.process.hit.add(target)
        if fault == "slow":
            self.world.pause(self.world.random.choice(_SLOW))
        if target in self.world.down or fault in ("error", "throttle"):
            self.world.process.hit.add(target)
            raise Refused("Throttling" if fault == "throttle" else "InternalError", target)
        return fault

    def after(self, fault: Fault | None) -> None:
        """End a call."""
        if fault == "lost answer":
            raise lost_answer()
        if fault == "die after":
            self.world.die()

    def batch(self, target: str, entries: Sequence[Entry], apply: Apply) -> Answer:
        """Do a batch call, or what a fault leaves of it."""
        fault = self.before(target)
        in_part = f"{target} in part" in self.world.down and self.world.random.random() < _IN_PART
        spoilt = self.spoilt(entries) if fault == "partial" or in_part else []
        self.world.process.hit |= {target} if in_part else set()
        failed = []
        if fault == "repeated":
            for entry in entries:
                apply(entry)
        for entry in entries:
            why = "InternalError" if entry in spoilt else apply(entry)
            if why:
                failed.append({"Id": entry["Id"], "Code": why, "Message": "", "SenderFault": False})
        self.after(fault)
        return {"Successful": [], "Failed": failed} if failed else {"Successful": []}

    def spoilt(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries of a batch that fail, at least one."""
        return self.world.random.sample(entries, self.world.random.randint(1, len(entries)))
