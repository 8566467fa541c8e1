"""A function without a permission fails and says which; with it again, its message goes through."""

import json
from typing import Any

from ops.polling import wait_until
from tests.permissions import permission, without
from tests.systems.travel.deployed import Conversation, Travel


def denied(travel: Travel, talk: Conversation, parts: dict[str, str]) -> Any:
    """Wait until a function has logged that AWS denied it something; return the line."""

    def find() -> Any:
        pages = travel.aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=parts["logGroup"], filterPattern=f'"{talk.trip}"'
        )
        texts = [each["message"] for page in pages for each in page["events"]]
        lines = [json.loads(text) for text in texts if text.startswith("{")]
        return next((line for line in lines if "denied" in line), None)

    return wait_until(find, "a denial in the log")


def test_a_message_that_may_not_be_published_is_requeued_until_it_may(travel: Travel) -> None:
    bookings = travel.services["Flights"]["consumers"]["bookings"]
    publish = permission(travel.aws, bookings["function"], "sns:Publish", ":travel-Seats-MsgIn")
    with without(travel.aws, publish):
        talk = travel.begin("/flights")
        line = denied(travel, talk, bookings)

    assert (line["event"], line["denied"]) == ("requeued", "SNS:Publish")
    assert talk.notes(1) == ["flight booked, seat 12A"]


def test_an_item_that_may_not_be_written_is_written_when_it_may(travel: Travel) -> None:
    letters = travel.services["Post"]["consumers"]["letters"]
    put = permission(travel.aws, letters["function"], "dynamodb:PutItem", "Letters")
    with without(travel.aws, put):
        talk = travel.begin("/postcards", text="Wish you were here")
        line = denied(travel, talk, letters)

    assert (line["event"], line["denied"]) == ("requeued", "dynamodb:PutItem")
    letter = wait_until(lambda: travel.row("Post", "letters", talk.answer["id"]), "the postcard")
    assert letter["text"] == {"S": "Wish you were here"}
