"""What is to happen in a talk: a tree of questions and of who answers them, and how."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from hypothesis import strategies as st

from tests.unit.messaging.conversations.services import LISTENERS, NAMES, service_of

HandOver = Literal["", "queue", "event"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one consumer does about a question: it makes `noise` ("news", or a note to a service),
    may hand over to itself through its queue or its own event, asks its own `questions` (one after
    the other if `in_turn`), and answers once it has `enough` answers to them.
    """

    noise: tuple[str, ...] = ()
    hand_over: HandOver = ""
    questions: tuple["Question", ...] = ()
    in_turn: bool = False
    enough: int = 0
    returns: bool = False

    @property
    def hoped_for(self) -> int:
        """How many answers it gets."""
        return sum(len(question.parts) for question in self.questions)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something asked of one service by command, forwarded `via` others, or `published` to many;
    `parts` by consumer, "Beta.desk".
    """

    parts: Mapping[str, Part]
    published: bool = False
    via: tuple[str, ...] = ()
    limited: bool = False

    @property
    def depth(self) -> int:
        """How many questions deep it is."""
        within = [each.depth for part in self.parts.values() for each in part.questions]
        return 1 + max(within, default=0)


def ask(service: str, part: Part | None = None) -> Question:
    """Return a question to one service, by command."""
    return Question(parts={f"{service}.desk": part or Part()})


def publish(*listeners: str) -> Question:
    """Return a question to all, which these listeners answer."""
    return Question(parts=dict.fromkeys(listeners, Part()), published=True)


def wait_for(*questions: Question) -> Part:
    """Return the part of one that asks and answers when it has every answer."""
    part = Part(questions=questions)
    return replace(part, enough=part.hoped_for)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question in its tree: who asks it, as `part_of` (number of the question and consumer), and
    the numbers of all questions open while it is, outermost first and with it.
    """

    question: Question
    asker: str
    part_of: tuple[int, str]
    open: tuple[int, ...]


@dataclass
class Plan:
    """A tree whose root is what "Alpha.desk", for example, is told to do, as question 0."""

    start: str
    root: Part
    asked: list[Asked] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Number the questions."""
        self._children: dict[tuple[int, str], list[int]] = {}
        beginning = Question(parts={self.start: self.root})
        self.asked.append(Asked(question=beginning, asker="", part_of=(-1, ""), open=()))
        self._number(0)

    def part(self, number: int, by: str) -> Part | None:
        """Return the part of a consumer in a question, None if it has none."""
        return self.asked[number].question.parts.get(by)

    def children(self, number: int, by: str) -> list[int]:
        """Return the questions that a consumer asks about one."""
        return self._children.get((number, by), [])

    def answers(self) -> Iterator[tuple[int, str]]:
        """Every answer that somebody waits for: question and consumer."""
        for number, each in enumerate(self.asked[1:], 1):
            yield from ((number, by) for by in each.question.parts)

    def _number(self, number: int) -> None:
        above = self.asked[number]
        for by, part in above.question.parts.items():
            for question in part.questions:
                mine = len(self.asked)
                self._children.setdefault((number, by), []).append(mine)
                self.asked.append(
                    Asked(
                        question=question,
                        asker=service_of(by),
                        part_of=(number, by),
                        open=(*above.open, mine),
                    )
                )
                self._number(mine)


NOISE = st.lists(st.sampled_from(["news", *NAMES]), max_size=2).map(tuple)
HAND_OVER: st.SearchStrategy[HandOver] = st.sampled_from(["", "", "queue", "event"])


@st.composite
def parts(draw: st.DrawFn, depth: int) -> Part:
    """Draw a part that asks `depth` questions deep."""
    beside = st.lists(st.integers(0, max(0, depth - 1) // 2), max_size=2)
    depths = [depth - 1, *draw(beside)] if depth else []
    part = Part(
        noise=draw(NOISE),
        hand_over=draw(HAND_OVER),
        questions=tuple(draw(questions(each)) for each in depths),
        in_turn=draw(st.booleans()),
        returns=draw(st.booleans()),
    )
    return replace(part, enough=draw(st.integers(0, part.hoped_for)))


@st.composite
def questions(draw: st.DrawFn, depth: int) -> Question:
    """Draw a question, and `depth` others within it."""
    published = draw(st.booleans())
    most = 3 if published else 1
    who = draw(
        st.lists(
            st.sampled_from(LISTENERS if published else [f"{name}.desk" for name in NAMES]),
            min_size=1,
            max_size=most,
            unique=True,
        )
    )
    depths = [depth, *draw(st.lists(st.integers(0, min(1, depth)), min_size=2, max_size=2))]
    return Question(
        parts={by: draw(parts(each)) for by, each in zip(who, depths, strict=False)},
        published=published,
        via=() if published else draw(st.lists(st.sampled_from(NAMES), max_size=2).map(tuple)),
        limited=draw(st.booleans()),
    )


@st.composite
def plans(draw: st.DrawFn, depth: int) -> Plan:
    """Draw a plan that asks `depth` questions deep."""
    return Plan(f"{draw(st.sampled_from(NAMES))}.desk", draw(parts(depth)))
