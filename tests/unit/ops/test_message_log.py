"""Dead letters as the demos list them."""

from types import SimpleNamespace
from typing import Any

import pytest

from ops.inspect.message_log import dead_letters

HEADER = '{"id":"m","correlationid":"c"}'


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


@pytest.mark.parametrize(
    ("header", "correlation"),
    [
        ({"header": {"DataType": "Binary", "BinaryValue": HEADER.encode()}}, "c"),
        ({"header": text(HEADER)}, "c"),
        ({"header": {"DataType": "Binary", "BinaryValue": b"\xff"}}, None),
        ({"header": text("[]")}, None),
        ({}, None),
    ],
)
def test_a_dead_letter_has_the_correlation_id_of_its_header(
    header: dict[str, Any], correlation: str | None
) -> None:
    attributes = {"deadLetter": text('{"reason":"no","cause":"rejected"}'), **header}
    answer = {"Messages": [{"MessageId": "1", "MessageAttributes": attributes}]}
    aws: Any = SimpleNamespace(sqs=SimpleNamespace(receive_message=lambda **_: answer))

    found = dead_letters(aws, "queue")

    assert found == [{"correlationId": correlation, "reason": "no", "cause": "rejected"}]
