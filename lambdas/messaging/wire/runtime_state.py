"""The runtime's own state in a message: `retry`, `deadLetter`, and attributes packed in them."""

from datetime import datetime
from typing import Final

import msgspec

from messaging.errors import InvalidMessage
from messaging.limits import RESERVED_ATTRIBUTES
from messaging.wire import encoding as wire
from messaging.wire.header import DEAD_LETTER, RETRY, Packed, RetryState
from messaging.wire.trust import Trust

_retry: Final = msgspec.json.Decoder(RetryState)
_packed: Final = msgspec.json.Decoder(Packed)


def take_state(
    attributes: wire.Attributes, trust: Trust, received: datetime
) -> tuple[RetryState | None, bool]:
    """Take `retry` and `deadLetter` out of `attributes`, and put back what is packed in them.

    Return the state that is honoured, and whether there was state that is not because of its
    sender: nothing is honoured from a stranger. From a known sender the attempts start at 1, and
    `notbefore` stays: a copy that waits outlives the role that sent it. `received` is when this
    copy was first received. Raises InvalidMessage for an invalid `retry` of the service's own.
    """
    retry, letter = attributes.pop(RETRY, None), attributes.pop(DEAD_LETTER, None)
    if trust == "stranger":
        return None, True
    state = None
    if retry is not None and (state := _state(wire.text_of(retry), trust)) is not None:
        if trust == "known":
            state = _restarted(state, received)
        _restore(attributes, state.attributes, state.binary)
    if letter is not None and (packed := _letter(wire.text_of(letter))) is not None:
        _restore(attributes, packed.attributes, packed.binary)
    return state, False


def _state(document: str, trust: Trust) -> RetryState | None:
    try:
        return wire.from_json(document, _retry)
    except InvalidMessage as error:
        if trust == "own":
            raise InvalidMessage(f"the attribute {RETRY} is not valid: {error}") from error
        return None


def _restarted(state: RetryState, received: datetime) -> RetryState:
    """Return what a known sender may bring: a time, and attributes."""
    return RetryState(
        attempt=1,
        firstreceived=max(received, state.notbefore) if state.notbefore else received,
        notbefore=state.notbefore,
        attributes=state.attributes,
        binary=state.binary,
    )


def _letter(document: str) -> Packed | None:
    """Return what a dead letter has packed; None if its explanation cannot be read."""
    try:
        return wire.from_json(document, _packed)
    except InvalidMessage:
        return None


def _restore(attributes: wire.Attributes, *packed: wire.Packable) -> None:
    """Put packed attributes back: those of the application only, and none that is there already."""
    for each in packed:
        for name, value in each.items():
            if name not in RESERVED_ATTRIBUTES and wire.is_attribute(name, value):
                attributes.setdefault(name, dict(value))
