"""Identity: two messages count as one only if their msgTag, their source and their id are equal.

Parts hold the characters by which a careless join would be ambiguous, and lengths at which keys are
replaced by digests.
"""

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from hypothesis import assume, given, strategies as st

from messaging.consumer.intake.idempotency_key import key_of
from messaging.consumer.model.delivery import Ready
from messaging.function.handlers import HandlerRegistration, Key
from messaging.sending.address import Address
from messaging.sending.outgoing import OutgoingMessage, derived_id
from messaging.wire.encoding import text
from messaging.wire.envelope import Envelope
from messaging.wire.header import TAG, Header
from tests.unit.messaging.orders import OrderPlaced

_JOINTS = "/\\\"'[],:null é\u2028\U0001f600"
part = st.text(_JOINTS, max_size=4) | st.text(max_size=8) | st.sampled_from(["x" * 600, "ß" * 600])
name = part.filter(bool)
# consumer, msgTag, source, and an id or an idempotency key.
identities = st.tuples(name, name, st.none() | part, st.sampled_from(["id", "key"]), name)
Identity = tuple[str, str, str | None, str, str]


def shuffled(identity: Identity) -> list[Identity]:
    """Return identities that a join could mistake for this one: text moves between the parts."""
    consumer, tag, source, kind, own = identity
    moved = [
        (consumer, f"{tag}/{source}", None, kind, own),
        (consumer, tag, f"{source}/{own}", kind, own),
        (f"{consumer}/{tag}", tag, source, kind, own),
        (consumer, tag, source, kind, f'{own}","{own}'),
        (consumer, tag, source, "key" if kind == "id" else "id", own),
        (consumer, tag, "" if source is None else None, kind, own),
    ]
    return [each for each in moved if each != identity]


def item_key(identity: Identity) -> str:
    consumer, tag, source, kind, own = identity
    delivery = Ready(
        record={},
        envelope=envelope_of(tag, source, "1" if kind == "key" else own),
        registration=registration(lambda _: own) if kind == "key" else registration(None),
        message=OrderPlaced(id="1"),
    )
    key = key_of(delivery, consumer)
    assert key is not None
    return key


def registration(key: Key | None) -> HandlerRegistration:
    unused: Any = None
    return HandlerRegistration(message=OrderPlaced, handle=unused, decoder=unused, key=key)


def envelope_of(tag: str, source: str | None, id_: str) -> Envelope:
    return Envelope(
        body="{}",
        attributes={},
        tag=tag,
        header=Header(id=id_, source=source),
        attempt=1,
        first_received=datetime.now(UTC),
    )


@given(st.lists(identities, unique=True, min_size=2))
def test_two_identities_never_share_an_item(found: list[Identity]) -> None:
    for one, other in combinations(found, 2):
        assert item_key(one) != item_key(other)


@given(identities)
def test_an_identity_has_one_item_whose_key_fits_and_no_other_has_it(identity: Identity) -> None:
    key = item_key(identity)

    assert key == item_key(identity)
    assert len(key.encode()) <= 512
    assert key not in {item_key(other) for other in shuffled(identity)}


def test_the_end_of_a_long_part_counts() -> None:
    assert item_key(("work", "Tag", None, "id", "x" * 999 + "a")) != item_key(
        ("work", "Tag", None, "id", "x" * 999 + "b")
    )


parts = st.lists(st.none() | part | st.integers(0, 99), max_size=6)


@given(parts, parts)
def test_different_parts_give_different_ids(
    one: list[str | int | None], other: list[str | int | None]
) -> None:
    assert derived_id(*one) == derived_id(*one)
    assert (derived_id(*one) == derived_id(*other)) is (one == other)


@given(st.lists(part, min_size=2, max_size=5), st.sampled_from(_JOINTS))
def test_parts_do_not_run_into_each_other(found: list[str], joint: str) -> None:
    assert derived_id(*found) != derived_id(joint.join(found))
    first, second, *rest = found
    joined = (first + joint + second, "", *rest)
    assume(joined != tuple(found))
    assert derived_id(*found) != derived_id(*joined)


def deduplication_id(tag: str, source: str | None, id_: str) -> str:
    message = OutgoingMessage(
        id=id_,
        source=source,
        body="{}",
        attributes={TAG: text(tag)},
        bytes=2,
        address=Address("topic", "arn:aws:sns:eu-central-1:1:Warehouse-MsgIn.fifo"),
    )
    return str(message.entry()["MessageDeduplicationId"])


@given(st.lists(st.tuples(name, st.none() | part, name), unique=True, min_size=1))
def test_a_fifo_topic_drops_no_message_for_another(
    found: list[tuple[str, str | None, str]],
) -> None:
    ids = [deduplication_id(*each) for each in found]

    assert len(set(ids)) == len(found)
    assert ids == [deduplication_id(*each) for each in found]
    assert all(len(each) <= 128 and each.isascii() and " " not in each for each in ids)
