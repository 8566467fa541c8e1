"""The plan of a conversation: a tree of requests, and of the consumers that reply."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from hypothesis import strategies as st

from tests.unit.messaging.conversations.services import LISTENERS, NAMES, service_of

HandOver = Literal["", "queue", "event"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one consumer does for a request: it makes `noise` ("news", or a note to a service), may
    hand over to itself through its queue or its own event, sends its own `requests` (one after the
    other if `in_turn`), and replies after `enough` replies to them.
    """

    noise: tuple[str, ...] = ()
    hand_over: HandOver = ""
    requests: tuple["Request", ...] = ()
    in_turn: bool = False
    enough: int = 0
    returns: bool = False

    @property
    def expected(self) -> int:
        """The number of replies to its requests."""
        return sum(len(request.parts) for request in self.requests)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to one service by command, forwarded `via` others, or `published`; `parts` are by
    consumer, e.g. "Beta.desk". It is `limited` if it has a time limit.
    """

    parts: Mapping[str, Part]
    published: bool = False
    via: tuple[str, ...] = ()
    limited: bool = False

    @property
    def depth(self) -> int:
        """The depth of requests within requests."""
        within = [each.depth for part in self.parts.values() for each in part.requests]
        return 1 + max(within, default=0)


def inquire(service: str, part: Part | None = None) -> Request:
    """Return a request to one service, by command."""
    return Request(parts={f"{service}.desk": part or Part()})


def publish(*listeners: str) -> Request:
    """Return a published request to which these listeners reply."""
    return Request(parts=dict.fromkeys(listeners, Part()), published=True)


def reply_after(*requests: Request) -> Part:
    """Return the part of sending requests and replying after every reply."""
    part = Part(requests=requests)
    return replace(part, enough=part.expected)


@dataclass(frozen=True, kw_only=True)
class PlacedRequest:
    """A request in the tree: the service that sends it, as `part_of` (request, consumer), and the
    numbers of all requests that are open meanwhile, outermost first, itself included.
    """

    request: Request
    requester: str
    part_of: tuple[int, str]
    open: tuple[int, ...]


@dataclass
class Plan:
    """A tree whose root is the part of `start`, e.g. "Alpha.desk", in request 0."""

    start: str
    root: Part
    requests: list[PlacedRequest] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Number the requests."""
        self._children: dict[tuple[int, str], list[int]] = {}
        beginning = Request(parts={self.start: self.root})
        self.requests.append(
            PlacedRequest(request=beginning, requester="", part_of=(-1, ""), open=())
        )
        self._number(0)

    def part(self, number: int, by: str) -> Part | None:
        """Return the part of a consumer in a request, None if it has none."""
        return self.requests[number].request.parts.get(by)

    def children(self, number: int, by: str) -> list[int]:
        """Return the requests that a consumer sends within a request."""
        return self._children.get((number, by), [])

    def replies(self) -> Iterator[tuple[int, str]]:
        """Every expected reply: request and consumer."""
        for number, each in enumerate(self.requests[1:], 1):
            yield from ((number, by) for by in each.request.parts)

    def _number(self, number: int) -> None:
        above = self.requests[number]
        for by, part in above.request.parts.items():
            for request in part.requests:
                mine = len(self.requests)
                self._children.setdefault((number, by), []).append(mine)
                self.requests.append(
                    PlacedRequest(
                        request=request,
                        requester=service_of(by),
                        part_of=(number, by),
                        open=(*above.open, mine),
                    )
                )
                self._number(mine)


NOISE = st.lists(st.sampled_from(["news", *NAMES]), max_size=2).map(tuple)
HAND_OVER: st.SearchStrategy[HandOver] = st.sampled_from(["", "", "queue", "event"])


@st.composite
def parts(draw: st.DrawFn, depth: int) -> Part:
    """Draw a part with requests `depth` deep."""
    beside = st.lists(st.integers(0, max(0, depth - 1) // 2), max_size=2)
    depths = [depth - 1, *draw(beside)] if depth else []
    part = Part(
        noise=draw(NOISE),
        hand_over=draw(HAND_OVER),
        requests=tuple(draw(requests(each)) for each in depths),
        in_turn=draw(st.booleans()),
        returns=draw(st.booleans()),
    )
    return replace(part, enough=draw(st.integers(0, part.expected)))


@st.composite
def requests(draw: st.DrawFn, depth: int) -> Request:
    """Draw a request with requests `depth` deep."""
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
    return Request(
        parts={by: draw(parts(each)) for by, each in zip(who, depths, strict=False)},
        published=published,
        via=() if published else draw(st.lists(st.sampled_from(NAMES), max_size=2).map(tuple)),
        limited=draw(st.booleans()),
    )


@st.composite
def plans(draw: st.DrawFn, depth: int) -> Plan:
    """Draw a plan with requests `depth` deep."""
    return Plan(f"{draw(st.sampled_from(NAMES))}.desk", draw(parts(depth)))
