from collections.abc import Callable
from typing import Any

import pytest

from messaging import NotDeclared, resource, table
from messaging.aws import clients as aws
from messaging.settings import Settings
from messaging.testing import resources as surroundings
from tests.unit.messaging.doubles import Calls


@pytest.fixture
def put(mocked_aws: None, configure: Callable[[Settings], None]) -> Callable[..., None]:
    """Return a function that writes an item to the table "things"."""
    name = surroundings.make_table("things")
    resources = {"things": name}
    configure(Settings(stage="test", service="Test", msg_out_arn="", resources=resources))

    def write(**values: Any) -> None:
        aws.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "1"}, **values})

    return write


def test_an_item_that_does_not_exist_is_none(put: Callable[..., None]) -> None:
    put()
    assert table.get("things", "2") is None


@pytest.mark.parametrize("id_", ["", "x" * 2_049, "é" * 1_025], ids=["empty", "long", "wide"])
def test_an_id_that_no_item_can_have_is_not_read(put: Callable[..., None], id_: str) -> None:
    # AWS returns an error.
    calls = Calls("dynamodb")
    assert table.get("things", id_) is None
    assert calls.names == []


def test_the_longest_id_is_found(put: Callable[..., None]) -> None:
    put(id={"S": "é" * 1_024})
    assert table.get("things", "é" * 1_024) == {"id": "é" * 1_024}


def test_an_item_is_read_as_it_was_written(put: Callable[..., None]) -> None:
    table.put_once("things", table.item(id="1", fare=256.5, to="Frankfurt"))
    assert table.get("things", "1") == {"id": "1", "fare": 256.5, "to": "Frankfurt"}


def test_items_of_other_writers_are_read_whatever_their_types(put: Callable[..., None]) -> None:
    put(
        roles={"SS": ["a"]},
        prices={"NS": ["1.5"]},
        parts={"L": [{"S": "a"}, {"N": "2"}, {"M": {"deep": {"BOOL": True}}}]},
        nothing={"NULL": True},
    )
    assert table.get("things", "1") == {
        "id": "1",
        "roles": ["a"],
        "prices": [1.5],
        "parts": ["a", 2.0, {"deep": True}],
        "nothing": None,
    }


@pytest.mark.parametrize(
    ("status", "after", "changes"),
    [
        ("new", ("new",), True),
        ("new", ("new", "open"), True),
        ("open", ("new", "open"), True),
        ("closed", ("new", "open"), False),
        ("open", ("new",), False),
    ],
)
def test_an_item_changes_from_the_given_statuses_only(
    put: Callable[..., None], status: str, after: tuple[str, ...], changes: bool
) -> None:
    put(status={"S": status}, other={"S": "not changed"})
    new = table.item(status="open", count=42)
    assert table.transition("things", "1", new, after=after) is changes
    changed = {"status": "open", "count": 42.0} if changes else {}
    assert (
        table.get("things", "1") == {"id": "1", "status": status, "other": "not changed"} | changed
    )


def test_an_item_that_does_not_exist_does_not_change(put: Callable[..., None]) -> None:
    assert not table.transition("things", "1", table.item(status="open"), after=("new", "open"))
    assert table.get("things", "1") is None


@pytest.mark.parametrize("find", [resource, table.name, lambda name: table.get(name, "1")])
def test_a_table_that_the_function_does_not_use_is_not_declared(
    put: Callable[..., None], find: Callable[[str], object]
) -> None:
    with pytest.raises(NotDeclared) as caught:
        find("others")
    assert str(caught.value) == (
        "this function of Test uses no table or resource others: a table belongs in `tables` of "
        "Test, and in `reads` or `writes` of the function, in the topology"
    )
