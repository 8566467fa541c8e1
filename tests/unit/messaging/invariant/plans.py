"""The messages that are sent: how each looks on the wire, and what its handler will do with it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from messaging import wire

# Bytes that a message may have in the queues and on the topic of this test; AWS allows more.
QUEUE_BYTES: Final = 24_000
TOPIC_BYTES: Final = 8_000

How = Literal[
    "error", "odd error", "unprintable error", "retry", "reject", "permanent", "hang", "exit",
    "killed", "killed after",
]  # fmt: skip
_TOKEN: Final = re.compile(r"msg-\d+")
Wire = tuple[str, wire.Attributes]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A kind of message: its handler fails `fails` times (as `how` says), takes `seconds`, and
    publishes `publishes` events.
    """

    shape: str = "plain"
    fails: int = 0
    how: How = "error"
    after: float | None = None
    seconds: float = 0
    publishes: int = 0
    large: bool = False

    @property
    def fat(self) -> bool:
        """Whether there is no room on it for what a copy must carry."""
        return self.shape.startswith("fat")

    @property
    def invalid(self) -> bool:
        """Whether no handler may ever see it."""
        return self.shape in _INVALID

    @property
    def beyond(self) -> bool:
        """Whether it claims more attempts than there are."""
        return self.shape == "attempts beyond"

    @property
    def refused(self) -> bool:
        """Whether its handler wants it to be a dead letter at once."""
        return self.fails > 0 and self.how in ("reject", "permanent")

    def ends_well(self, most: int) -> bool:
        """Whether it succeeds within `most` attempts."""
        return self.fails < most and not (self.invalid or self.beyond or self.refused)

    def runs(self, most: int) -> int:
        """Return how often it is handled where `most` attempts are allowed."""
        if self.invalid or self.beyond:
            return 0
        return 1 if self.refused else min(self.fails + 1, most)


def token_of(*texts: str) -> str:
    """Return which message a text speaks of."""
    found = next(match[0] for text in texts if (match := _TOKEN.search(text)))
    return str(found)


def written(token: str, shape: str) -> Wire:
    """Return the body and the attributes of a message."""
    return _SHAPES[shape](token)


def _body(token: str, **more: object) -> str:
    return json.dumps({"id": token, **more})


def _attributes(token: str, **header: object) -> wire.Attributes:
    return {
        "msgTag": wire.text("OrderPlaced"),
        "fromService": wire.text("Shop"),
        "total": {"DataType": "Number", "StringValue": "1.5"},
        "header": wire.text(json.dumps({"id": token, **header})),
    }


def _plain(token: str) -> Wire:
    return _body(token), _attributes(token)


def _foreign(token: str) -> Wire:
    return _body(token), {"msgTag": wire.text("OrderPlaced")}


def _wrapped(token: str, attributes: object = None) -> Wire:
    inner = {"msgTag": {"Type": "String", "Value": "OrderPlaced"}}
    return _notification(_body(token), inner if attributes is None else attributes), {}


def _notification(message: str, attributes: object) -> str:
    return json.dumps(
        {
            "Type": "Notification",
            "TopicArn": "arn:aws:sns:eu-central-1:1:topic",
            "Message": message,
            "MessageAttributes": attributes,
        }
    )


def _crowded(token: str) -> Wire:
    more = {f"x{n}": wire.text(f'"{n}"') for n in range(9)}
    return _body(token), {"msgTag": wire.text("OrderPlaced"), **more}


def _fat(token: str, attributes: Callable[[str], Wire]) -> Wire:
    others = attributes(token)[1]
    room = QUEUE_BYTES - wire.size(_body(token, fill=""), others) - 100
    return _body(token, fill="x" * room), others


def _fat_attribute(token: str) -> Wire:
    body, others = _plain(token)
    room = QUEUE_BYTES - wire.size(body, others) - 100
    return body, {**others, "fill": wire.text("x" * room)}


def _with(token: str, body: str | None = None, **attributes: str) -> Wire:
    more = {name: wire.text(value) for name, value in attributes.items()}
    return _body(token) if body is None else body, {**_attributes(token), **more}


def _retry(token: str, **state: object) -> Wire:
    past = {"attempt": 1, "firstreceived": "2027-01-01T00:00:00Z", **state}
    return _with(token, retry=json.dumps(past))


_LATE: Final[Mapping[str, Any]] = {"expires": "2020-01-01T00:00:00Z"}
_SHAPES: Final[Mapping[str, Callable[[str], Wire]]] = {
    "plain": _plain,
    "foreign": _foreign,
    "wrapped": _wrapped,
    "crowded": _crowded,
    "fat": lambda token: _fat(token, _plain),
    "fat foreign": lambda token: _fat(token, _foreign),
    "fat attribute": _fat_attribute,
    "claim": lambda t: ("{}", _attributes(t, dataref=f"s3://claims/{t}")),
    "attempts beyond": lambda token: _retry(token, attempt=10**30),
    # From here on no handler may see them.
    "fat nonsense": lambda token: ("x" * 20_000 + token, {"msgTag": wire.text("OrderPlaced")}),
    "claim gone": lambda t: ("{}", _attributes(t, dataref=f"s3://claims/gone/{t}")),
    "claim nowhere": lambda t: ("{}", _attributes(t, dataref="http://example.com")),
    "no tag": lambda token: (token, {}),
    "unknown tag": lambda token: _with(token, msgTag="Refund"),
    "not JSON": lambda token: _with(token, f"<{token}>"),
    "not its contract": lambda token: _with(token, json.dumps([token])),
    "bad header": lambda token: _with(token, header="{"),
    "bad retry": lambda token: _with(token, retry="[]"),
    "odd attributes inside": lambda token: _retry(token, attributes={"x": {}}),
    "far future": lambda token: _retry(token, notbefore="9999-01-01T00:00:00Z"),
    "circles": lambda t: (_body(t), _attributes(t, hops=99)),
    "late": lambda t: (_body(t), _attributes(t, **_LATE)),
    "odd wrapping": lambda token: _wrapped(token, [1]),
    "odd wrapping inside": lambda token: _wrapped(token, {"msgTag": 1}),
}
_NAMES: Final = list(_SHAPES)
_INVALID: Final = frozenset(_NAMES[_NAMES.index("fat nonsense") :])

_ALWAYS: Final = 10**6

PLANS: Final[tuple[Plan, ...]] = (
    *[Plan()] * 6,
    *[Plan(publishes=1), Plan(publishes=2), Plan(publishes=3)] * 2,
    Plan(publishes=12),
    Plan(publishes=2, large=True),
    *[Plan(fails=1), Plan(fails=2), Plan(fails=_ALWAYS)] * 2,
    Plan(fails=1, publishes=2),
    Plan(fails=1, how="odd error"),
    Plan(fails=1, how="unprintable error"),
    Plan(fails=_ALWAYS, how="odd error"),
    *[Plan(fails=1, how="retry"), Plan(fails=1, how="retry", after=0)],
    *[Plan(fails=1, how="retry", after=2_000), Plan(fails=_ALWAYS, how="retry", after=20)],
    *[Plan(fails=_ALWAYS, how="reject"), Plan(fails=_ALWAYS, how="permanent", publishes=1)],
    *[Plan(fails=1, how="hang"), Plan(fails=_ALWAYS, how="hang"), Plan(fails=2, how="exit")],
    *[Plan(seconds=6), Plan(seconds=12, publishes=1)],
    *[Plan(fails=1, how="killed"), Plan(fails=1, how="killed after", publishes=1)] * 2,
    *[Plan(fails=_ALWAYS, how="killed"), Plan(shape="foreign", fails=_ALWAYS, how="killed")],
    *[Plan(shape="foreign", fails=1), Plan(shape="wrapped", fails=1), Plan(shape="wrapped")],
    *[Plan(shape="crowded", fails=1), Plan(shape="crowded", fails=_ALWAYS)],
    *[Plan(shape="fat"), Plan(shape="fat", fails=1), Plan(shape="fat", fails=_ALWAYS)],
    Plan(shape="fat", fails=_ALWAYS, how="killed"),
    Plan(shape="fat foreign", fails=_ALWAYS, how="reject"),
    Plan(shape="fat", fails=1, how="retry", after=86_400),
    Plan(shape="fat attribute", fails=1),
    *[Plan(shape="claim"), Plan(shape="claim", fails=1)],
    *[Plan(shape=shape) for shape in ("attempts beyond", *sorted(_INVALID))],
)
