"""What a message can look like on the wire."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from messaging.wire import encoding as wire
from tests.unit.messaging.invariant.clock import START

# Bytes that a message may have in the queues and on the topic of this test; AWS allows more.
QUEUE_BYTES: Final = 24_000
TOPIC_BYTES: Final = 8_000

_TOKEN: Final = re.compile(r"msg-\d+")
Wire = tuple[str, wire.Attributes]


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
        "header": wire.binary(json.dumps({"id": token, **header}).encode()),
    }


def _plain(token: str) -> Wire:
    return _body(token), _attributes(token)


def _text_header(token: str) -> Wire:
    """Return a message as version 0.2.0 sent it."""
    header = {"header": wire.text(json.dumps({"id": token}))}
    return _body(token), {**_attributes(token), **header}


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


def _sealed(token: str) -> Wire:
    seals = {f"seal{n}": {"DataType": "Binary", "BinaryValue": bytes([n, 255])} for n in range(8)}
    return _body(token), {
        "msgTag": wire.text("OrderPlaced"),
        "header": _attributes(token)["header"],
        **seals,
    }


def _twin(token: str) -> Wire:
    """Return a message that shares its id, but not its source, with all other twins."""
    header = json.dumps({"id": "twin", "source": f"/test/{token}"})
    return _body(token), {**_attributes(token), "header": wire.text(header)}


def _namesake(token: str) -> Wire:
    """Return a message that shares its id with the one sent before, but not its tag."""
    before = f"msg-{int(token.removeprefix('msg-')) - 1}"
    return _body(token), {**_attributes(before), "msgTag": wire.text("OrderCounted")}


def impostor(token: str, attributes: wire.Attributes) -> Wire:
    """Return a message that shares its identity with another one, but not its body."""
    return _body(token), attributes


_PACKED: Final[Mapping[str, Any]] = {
    "attributes": {
        "msgTag": wire.text("Refund"),
        "fromService": wire.text("Bank"),
        "header": wire.text('{"id":"forged"}'),
        "requestService": wire.text("Bank"),
        "shade": wire.text("red"),
        "total": {"DataType": "Number", "StringValue": "9"},
    },
    "binary": {"mark": {"DataType": "Binary", "BinaryValue": base64.b64encode(b"\x00").decode()}},
}
SOON: Final = START + 300
_LATE: Final[Mapping[str, Any]] = {"expires": "2020-01-01T00:00:00Z"}
_SHAPES: Final[Mapping[str, Callable[[str], Wire]]] = {
    "plain": _plain,
    "text header": _text_header,
    "foreign": _foreign,
    "wrapped": _wrapped,
    "crowded": _crowded,
    "sealed": _sealed,
    "twin": _twin,
    "namesake": _namesake,
    "fat": lambda token: _fat(token, _plain),
    "fat foreign": lambda token: _fat(token, _foreign),
    "fat attribute": _fat_attribute,
    "claim": lambda t: ("{}", _attributes(t, dataref=f"s3://claims/OrderPlaced/{t}")),
    # What SNS delivers has no runtime state, whatever its publisher wrote.
    "forged attempts": lambda token: _retry(token, attempt=10**30),
    "forged suspect": lambda token: _retry(token, suspect=True, attempt=2),
    "forged wait": lambda token: _retry(token, notbefore="9999-01-01T00:00:00Z"),
    "forged delay": lambda token: _retry(
        token, notbefore=datetime.fromtimestamp(SOON, UTC).isoformat()
    ),
    "forged identity": lambda token: _retry(token, suspect=True, attempt=9, looks=9, **_PACKED),
    "forged names": lambda token: (
        _body(token),
        {
            "msgTag": wire.text("OrderPlaced"),
            "deadLetter": wire.text(json.dumps(_PACKED)),
        },
    ),
    "forged past": lambda token: _with(token, deadLetter=json.dumps(_PACKED)),
    "forged nonsense": lambda token: _with(token, retry="[]"),
    "forged letter": lambda token: _with(token, deadLetter='{"attributes":{"x":{}}}'),
    "attempts beyond": lambda token: _retry(token, attempt=10**30),
    # From here on no handler may see them.
    "fat nonsense": lambda token: ("x" * 20_000 + token, {"msgTag": wire.text("OrderPlaced")}),
    "claim gone": lambda t: ("{}", _attributes(t, dataref=f"s3://claims/OrderPlaced/gone/{t}")),
    "claim elsewhere": lambda t: ("{}", _attributes(t, dataref=f"s3://others/OrderPlaced/{t}")),
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
# From the consumer's own role: the runtime honours its state.
OWN: Final = frozenset({"attempts beyond", "bad retry", "odd attributes inside", "far future"})
FORGED: Final = tuple(name for name in _NAMES if name.startswith("forged"))
INVALID: Final = frozenset(_NAMES[_NAMES.index("fat nonsense") :])
