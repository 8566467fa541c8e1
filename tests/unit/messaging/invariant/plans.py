"""The messages that are sent: what each looks like, and what its handler will do with it."""

from dataclasses import dataclass
from typing import Final, Literal

from messaging.testing import Sender
from tests.unit.messaging.invariant.shapes import FORGED, INVALID, OWN

How = Literal[
    "error", "odd error", "unprintable error", "retry", "reject", "non-retryable", "hang", "exit",
    "killed", "killed after",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A kind of message, sent `by` somebody: its handler fails `fails` times (as `how` says), takes
    `seconds`, and publishes the parts that `publishes` names, in later runs those of `later`.
    """

    shape: str = "plain"
    by: Sender = Sender.SNS
    fails: int = 0
    how: How = "error"
    after: float | None = None
    seconds: float = 0
    publishes: str = ""
    later: str | None = None
    large: bool = False

    @property
    def fat(self) -> bool:
        """Whether there is no room on it for what a copy must carry."""
        return self.shape.startswith("fat")

    @property
    def invalid(self) -> bool:
        """Whether no handler may ever see it."""
        return self.shape in INVALID or (self.shape == "forged wait" and self.by != Sender.SNS)

    @property
    def sender(self) -> Sender:
        """Who has sent it."""
        return Sender.CONSUMER if self.shape in OWN else self.by

    @property
    def stateful(self) -> bool:
        """Whether the runtime's state that it came with is honoured in part, so that it may be
        valid, or invalid, only until it is sent back without that.
        """
        return self.sender != Sender.SNS

    @property
    def nameless(self) -> bool:
        """Whether it has no id of its own, so that two of it are two messages."""
        return self.shape in ("foreign", "wrapped", "crowded", "fat foreign", "forged names")

    @property
    def beyond(self) -> bool:
        """Whether it claims more attempts than there are."""
        return self.shape == "attempts beyond"

    @property
    def refused(self) -> bool:
        """Whether its handler wants it to be a dead letter at once."""
        return self.fails > 0 and self.how in ("reject", "non-retryable")

    def ends_well(self, most: int) -> bool:
        """Whether it succeeds within `most` attempts."""
        return self.fails < most and not (self.invalid or self.beyond or self.refused)

    def runs(self, most: int) -> int:
        """Return how often it is handled where `most` attempts are allowed."""
        if self.invalid or self.beyond:
            return 0
        return 1 if self.refused else min(self.fails + 1, most)


_ALWAYS: Final = 10**6

PLANS: Final[tuple[Plan, ...]] = (
    *[Plan()] * 6,
    *[Plan(publishes="A"), Plan(publishes="AA"), Plan(publishes="ABC")] * 2,
    Plan(publishes="ABBCDEFGHIJA"),
    Plan(publishes="AA", large=True),
    *[Plan(fails=1), Plan(fails=2), Plan(fails=_ALWAYS)] * 2,
    Plan(fails=1, publishes="AA"),
    *[Plan(publishes="AB", later="B"), Plan(publishes="ABCD", later="BD")] * 2,
    *[Plan(publishes="AA", later="A"), Plan(publishes="ABA", later="CBA")],
    Plan(fails=1, how="killed after", publishes="AB", later="B"),
    *[Plan(publishes="ACDE"), Plan(publishes="ACDE", later="CE")] * 2,
    Plan(fails=1, how="odd error"),
    Plan(fails=1, how="unprintable error"),
    Plan(fails=_ALWAYS, how="odd error"),
    *[Plan(fails=1, how="retry"), Plan(fails=1, how="retry", after=0)],
    *[Plan(fails=1, how="retry", after=2_000), Plan(fails=_ALWAYS, how="retry", after=20)],
    *[Plan(fails=_ALWAYS, how="reject"), Plan(fails=_ALWAYS, how="non-retryable", publishes="A")],
    *[Plan(fails=1, how="hang"), Plan(fails=_ALWAYS, how="hang"), Plan(fails=2, how="exit")],
    *[Plan(seconds=6), Plan(seconds=12, publishes="A")],
    *[Plan(fails=1, how="killed"), Plan(fails=1, how="killed after", publishes="A")] * 2,
    *[Plan(fails=_ALWAYS, how="killed"), Plan(shape="foreign", fails=_ALWAYS, how="killed")],
    *[Plan(shape="foreign", fails=1), Plan(shape="wrapped", fails=1), Plan(shape="wrapped")],
    *[Plan(shape="crowded", fails=1), Plan(shape="crowded", fails=_ALWAYS)],
    *[Plan(shape="fat"), Plan(shape="fat", fails=1), Plan(shape="fat", fails=_ALWAYS)],
    Plan(shape="fat", fails=_ALWAYS, how="killed"),
    Plan(shape="fat foreign", fails=_ALWAYS, how="reject"),
    Plan(shape="fat", fails=1, how="retry", after=86_400),
    Plan(shape="fat attribute", fails=1),
    *[Plan(shape="claim"), Plan(shape="claim", fails=1)],
    *[Plan(shape=shape, fails=1) for shape in FORGED],
    *[Plan(shape=shape, fails=1, by=Sender.OPERATOR) for shape in FORGED],
    *[Plan(shape="twin"), Plan(shape="twin", publishes="A"), Plan(shape="twin", fails=1)],
    *[Plan(shape="namesake"), Plan(shape="namesake", fails=1)],
    *[Plan(shape="sealed"), Plan(shape="sealed", fails=1), Plan(shape="sealed", fails=_ALWAYS)],
    *[Plan(shape=shape) for shape in ("attempts beyond", *sorted(INVALID))],
)
