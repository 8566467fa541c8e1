"""Batches that fail in part: the entry stays behind, and the answer says so."""

import json
from urllib.parse import parse_qs, urlencode

from tests.flows.chaos.partial import refusal


def test_an_entry_of_an_sqs_batch_is_refused() -> None:
    body = {"QueueUrl": "q", "Entries": [{"Id": "0"}, {"Id": "1"}]}

    found = refusal({"X-Amz-Target": "AmazonSQS.SendMessageBatch"}, json.dumps(body).encode())

    assert found is not None
    assert json.loads(found.request) == {"QueueUrl": "q", "Entries": [{"Id": "0"}]}
    answer = json.loads(found.answer(b'{"Successful": [{"Id": "0"}]}'))
    assert [entry["Id"] for entry in answer["Failed"]] == ["1"]


def test_an_item_stays_unprocessed() -> None:
    body = {"RequestItems": {"table": [{"DeleteRequest": 1}, {"PutRequest": 2}]}}

    target = {"X-Amz-Target": "DynamoDB_20120810.BatchWriteItem"}
    found = refusal(target, json.dumps(body).encode())

    assert found is not None
    assert json.loads(found.request) == {"RequestItems": {"table": [{"DeleteRequest": 1}]}}
    answer = json.loads(found.answer(b'{"UnprocessedItems": {}}'))
    assert answer == {"UnprocessedItems": {"table": [{"PutRequest": 2}]}}


def test_an_entry_of_an_sns_batch_is_refused() -> None:
    entries = "PublishBatchRequestEntries.member"
    body = {"Action": "PublishBatch"} | {
        f"{entries}.{n}.{name}": f"{name}{n}" for n in (1, 2) for name in ("Id", "Message")
    }

    found = refusal({}, urlencode(body).encode())

    assert found is not None
    assert f"{entries}.1.Id" in parse_qs(found.request.decode())
    assert f"{entries}.2.Id" not in parse_qs(found.request.decode())
    assert b"<Id>Id2</Id>" in found.answer(b"<Failed></Failed>")


def test_a_batch_of_one_is_let_through() -> None:
    body = {"QueueUrl": "q", "Entries": [{"Id": "0"}]}

    target = {"X-Amz-Target": "AmazonSQS.SendMessageBatch"}
    assert refusal(target, json.dumps(body).encode()) is None
