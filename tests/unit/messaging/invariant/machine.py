"""The state machine: senders, time, Lambda and bad luck, in any order."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random
from typing import ClassVar
from zlib import crc32

from hypothesis import seed, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, get_state_machine_test, rule

from tests.unit.messaging.invariant.faults import FAULTS, Fault
from tests.unit.messaging.invariant.plans import PLANS, Plan
from tests.unit.messaging.invariant.profiles import LONG, Profile
from tests.unit.messaging.invariant.world import World

# Faults, each with the number of points between it and the one before.
Misfortune = Sequence[tuple[int, Fault]]

_faults = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(FAULTS)), min_size=1, max_size=4)
_plans = st.lists(st.sampled_from(PLANS), min_size=1, max_size=5)
_seeds = st.integers(0, 999)
_SECONDS = (1, 5, 36, 200, 1_000, 4_000)
_SKEWS = (-4_000, -400, -3, 0, 3, 400, 4_000)
_SERVICES = ("queue", "dead letters", "visibility", "delete", "dynamodb", "sns", "s3")
# Out in part, a service refuses some entries of a batch.
_IN_PART = ("sns in part", "queue in part")
_meddling = st.one_of(
    st.tuples(st.just("set clock"), st.sampled_from(_SKEWS)),
    st.tuples(st.just("outage"), st.sampled_from(_SERVICES)),
    st.tuples(st.just("outage"), st.sampled_from(_IN_PART)),
    st.tuples(st.just("send again"), _seeds),
    st.tuples(st.just("show again"), _seeds),
    st.tuples(st.just("redrive"), _seeds),
    st.tuples(st.just("impersonate"), _seeds),
)


class Machine(RuleBasedStateMachine):
    """One example: any sequence of these rules; then everything is drained and added up."""

    make: ClassVar[Callable[[], World]]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        """Start with an empty world."""
        super().__init__()
        self.world = type(self).make()

    def _step(self, seed: int = 0) -> None:
        type(self).steps += 1
        self.world.random = Random(seed)

    @rule(plans=_plans, group=st.sampled_from("abc"))
    def send(self, plans: list[Plan], group: str) -> None:
        """Send some messages."""
        self._step()
        for plan in plans:
            self.world.senders.send(plan, group)

    @rule(most=st.integers(1, 25), seed=_seeds)
    def deliver(self, most: int, seed: int) -> None:
        """Lambda delivers a batch, and nothing goes wrong."""
        self._step(seed)
        self.world.deliver_next(most, {})
        self.world.ledger.check()

    @rule(
        plans=_plans, most=st.integers(1, 25), seed=_seeds, faults=_faults, answered=st.booleans()
    )
    def deliver_with_faults(
        self, plans: list[Plan], most: int, seed: int, faults: Misfortune, answered: bool
    ) -> None:
        """Lambda delivers a batch, and something does."""
        self._step(seed)
        for plan in plans:
            self.world.senders.send(plan, "a")
        at = accumulate(1 + gap for gap, _ in faults)
        armed = {point - 1: fault for point, (_, fault) in zip(at, faults, strict=True)}
        self.world.deliver_next(most, armed, answered=answered)
        self.world.ledger.check()

    @rule(seconds=st.sampled_from(_SECONDS))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self._step()
        self.world.clock.advance(seconds)

    @rule(meddling=_meddling)
    def meddle(self, meddling: tuple[str, int | str]) -> None:
        """A clock jumps, a service fails or recovers, a message comes twice, or back."""
        self._step()
        match meddling:
            case "set clock", int(seconds):
                self.world.clock.skew = seconds
            case "outage", str(service):
                self.world.down ^= {service}
            case "send again", int(number):
                self.world.senders.send_again(number)
            case "show again", int(number):
                self.world.senders.show_again(number)
            case "redrive", int(number):
                self.world.senders.redrive(number)
            case "impersonate", int(number):
                self.world.senders.impersonate(number)
        self.world.ledger.calm = self.world.ledger.quiet = False

    def teardown(self) -> None:
        """In the end every message has its end, and again once all dead letters were sent back."""
        if self.world.ledger.broken:
            # The step before has said so already.
            return
        self.world.random = Random(1)
        self.world.drain()
        self.world.ledger.check()
        if self.world.dead_letters.messages:
            self.world.redrive()
            self.world.drain()
            self.world.ledger.check()


def machine(make: Callable[[], World]) -> type[Machine]:
    """Return a machine class of its own, with its own count."""
    return type("Invariant", (Machine,), {"make": staticmethod(make), "steps": 0})


def run(one: type[Machine], profile: Profile) -> None:
    """Run a machine; by default always the same, but another with each profile."""
    test = get_state_machine_test(one, settings=profile.hypothesis)
    (test if LONG else seed(crc32(profile.name.encode()))(test))()
