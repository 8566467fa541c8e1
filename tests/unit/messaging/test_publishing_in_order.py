"""To a FIFO address, nothing of a message group overtakes a message that could not be sent."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings as examples, strategies as st

from messaging import InvalidMessage
from messaging.aws import clients as aws
from messaging.limits import MAX_BATCH_ENTRIES
from messaging.sending import publisher
from messaging.sending.address import Address
from messaging.sending.claim_check import Claim
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import Settings
from messaging.testing import state
from messaging.wire.header import Header
from tests.unit.messaging.orders import StockMoved

CONFIG = Settings(stage="test", service="Shop", msg_out_arn="")
TOPIC = Address("topic", "arn:aws:sns:eu-central-1:123456789012:out.fifo")
QUEUE = Address("queue", "https://sqs/work.fifo")
Configure = Callable[[Settings], None]


def moves(shelves: Sequence[str], address: Address = TOPIC) -> list[OutgoingMessage]:
    """Return one message for each shelf; their ids are their positions."""
    return [
        compose(StockMoved(shelf=shelf), Header(id=str(position)), CONFIG, address)
        for position, shelf in enumerate(shelves)
    ]


class FifoAddress:
    """Accepts batches but for entries with the ids `refused`; a call with one of the ids `raising`
    raises instead.
    """

    def __init__(self, refused: set[str], raising: set[str] | None = None) -> None:
        """Start without calls."""
        self._refused, self._raising = refused, raising or set()
        self.calls: list[list[str]] = []
        self.left: list[str] = []

    def publish_batch(self, **params: Any) -> dict[str, Any]:
        """Publish."""
        return self._send(params["PublishBatchRequestEntries"])

    def send_message_batch(self, **params: Any) -> dict[str, Any]:
        """Send."""
        return self._send(params["Entries"])

    def _send(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        ids = [_id_of(each) for each in entries]
        groups = [each["MessageGroupId"] for each in entries]
        assert len(set(groups)) == len(groups), "AWS may refuse one entry and accept the next"
        self.calls.append(ids)
        if self._raising & set(ids):
            raise ReadTimeoutError(endpoint_url="https://aws")
        self.left += [id_ for id_ in ids if id_ not in self._refused]
        failed = [each["Id"] for each in entries if _id_of(each) in self._refused]
        return {"Failed": [{"Id": id_, "Code": "Throttled"} for id_ in failed]}


def _id_of(entry: dict[str, Any]) -> str:
    return str(state(entry["MessageAttributes"]["header"])["id"])


def send(
    messages: Sequence[OutgoingMessage], address: FifoAddress, patch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Send the messages; return the codes of those that were not sent."""
    patch.setattr(aws, "client", lambda _: address)
    return {id_: reason.code for (_, _, id_, _), reason in publisher.send(messages).items()}


@pytest.mark.parametrize("where", [TOPIC, QUEUE])
def test_a_group_stops_at_its_first_failure_and_the_others_go_on(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, where: Address
) -> None:
    configure(CONFIG)
    address = FifoAddress(refused={"0"})

    unsent = send(moves("aaabb", where), address, monkeypatch)

    assert unsent == {
        "0": "Throttled",
        "1": "EarlierMessageNotSent",
        "2": "EarlierMessageNotSent",
    }
    assert address.left == ["3", "4"]


def test_what_is_behind_a_failure_is_known_not_to_have_left(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(CONFIG)
    monkeypatch.setattr(aws, "client", lambda _: FifoAddress(set(), raising={"0"}))

    first, second = publisher.send(moves("aa")).values()

    assert (first.may_have_left, second.may_have_left) == (True, False)
    assert str(second) == (
        "EarlierMessageNotSent: an earlier message of its group could not be sent"
    )


def test_one_call_has_the_first_messages_of_up_to_ten_groups(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = FifoAddress(refused=set())
    send(moves("abcabca"), address, monkeypatch)
    assert address.calls == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


def test_a_body_that_cannot_be_stored_stops_its_group(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(CONFIG)

    class Address(FifoAddress):
        def put_object(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")

    address = Address(refused=set())
    large, *others = moves("aab")
    large = msgspec.structs.replace(large, claim=Claim("bucket", "key", "{}"))

    unsent = send([large, *others], address, monkeypatch)

    assert unsent == {"0": "SlowDown", "1": "EarlierMessageNotSent"}
    assert address.left == ["2"]


def test_a_message_without_a_group_is_refused_at_the_sender() -> None:
    with pytest.raises(InvalidMessage, match="StockMoved has no message group, which a FIFO topic"):
        compose(StockMoved(shelf=""), Header(id="1"), CONFIG, TOPIC)


@given(
    shelves=st.text("abcdefghijkl", max_size=40),
    refused=st.sets(st.integers(0, 39).map(str), max_size=8),
    raising=st.sets(st.integers(0, 39).map(str), max_size=2),
)
@examples(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_left_of_a_group_is_what_was_given_first(
    configure: Configure, shelves: str, refused: set[str], raising: set[str]
) -> None:
    configure(CONFIG)
    address = FifoAddress(refused, raising)
    with pytest.MonkeyPatch.context() as patch:
        unsent = send(moves(shelves), address, patch)

    for shelf in set(shelves):
        given_ = [str(n) for n, each in enumerate(shelves) if each == shelf]
        left = [id_ for id_ in address.left if id_ in given_]
        assert left == given_[: len(left)]
        assert [id_ for id_ in given_ if id_ in unsent] == given_[len(left) :]
    known = {str(n) for n in range(len(shelves))}
    failing = {shelves[int(id_)] for id_ in (refused | raising) & known}
    if not raising:
        assert {shelves[int(id_)] for id_ in unsent} == failing, "other groups go on"
    assert all(len(call) <= MAX_BATCH_ENTRIES for call in address.calls)
