from collections.abc import Iterator

import pytest

from ops.polling import wait_until


def results(*values: str) -> Iterator[str]:
    yield from values


def test_the_first_true_result_is_returned() -> None:
    coming = results("", "", "there", "later")
    assert wait_until(lambda: next(coming), "a word") == "there"


def test_a_result_that_does_not_come_is_named() -> None:
    with pytest.raises(TimeoutError, match=r"the table did not come within 0\.2 s"):
        wait_until(lambda: None, "the table", seconds=0.2)


def test_what_is_there_already_needs_no_time() -> None:
    assert wait_until(lambda: [1], "the list", seconds=0) == [1]
