"""Every style in which services talk, over real topics, queues and functions."""

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from ops.polling import wait_until
from tests.flows.queues import delay_and_keep
from tests.systems.travel.deployed import CALL_LIMIT, LIMIT, Heard, Travel
from tests.systems.travel.system import system


def causes(messages: list[Heard]) -> list[str | None]:
    """The tag of the message that caused each one."""
    tags = {message.header["id"]: message.tag for message in messages}
    return [tags.get(message.header.get("causationid", "")) for message in messages]


# One way, notification, publish and subscribe


def test_a_command_is_done_where_it_was_sent(travel: Travel) -> None:
    talk = travel.begin("/postcards", text="Wish you were here")

    assert talk.status == 202
    (command,) = talk.said(1)
    letter = wait_until(lambda: travel.row("Post", "letters", talk.answer["id"]), "the postcard")
    assert letter["text"] == {"S": "Wish you were here"}
    assert letter["correlation"] == {"S": talk.trip} == {"S": command.header["correlationid"]}
    assert command.header["id"] == talk.answer["id"]
    assert (command.attribute("fromService"), command.attribute("requestService")) == ("Desk", None)


def test_a_notification_carries_ids_only(travel: Travel) -> None:
    talk = travel.begin("/arrivals")

    (event,) = talk.said(1)
    assert event.body == {"trip": talk.trip}
    assert talk.row("Loyalty", "points", "arrival#")["points"] == "1"


def test_subscribers_get_the_events_that_they_filter_for(travel: Travel) -> None:
    cheap = travel.begin("/bookings", destination="Oslo", price=499.99)
    dear = travel.begin("/bookings", destination="Nara", price=500)

    assert cheap.row("Post", "letters")["text"] == "See you in Oslo!"
    assert dear.row("Post", "letters")["text"] == "See you in Nara!"
    assert dear.row("Loyalty", "points", "booking#")["points"] == "5"
    assert cheap.logged("Loyalty", "points") == []


# Request and response


def test_a_call_returns_the_result(travel: Travel) -> None:
    answer = travel.call("POST", "/visas", "Passports", json={"country": "Japan"})

    assert (answer.status, answer.json()) == (200, {"country": "Japan", "needed": True})


def test_a_refusal_comes_back_with_its_reason(travel: Travel) -> None:
    answer = travel.call("POST", "/visas", "Passports", json={"country": "Erewhon"})

    assert (answer.status, answer.json()["detail"]) == (422, "there is no country Erewhon")


def test_an_error_comes_back_with_its_type(travel: Travel) -> None:
    answer = travel.call("POST", "/visas", "Passports", json={"country": "Atlantis"})

    # Its text may name roles and resources: it is for the log, not for a client.
    expected = (502, "Visas failed with EmbassyClosedError")
    assert (answer.status, answer.json()["detail"]) == expected


def test_a_caller_waits_no_longer_than_it_says(travel: Travel) -> None:
    begun = time.monotonic()
    question = {"country": "Japan", "seconds": CALL_LIMIT + 2}
    answer = travel.call("POST", "/visas", "Passports", json=question)

    assert (answer.status, answer.json()["detail"]) == (504, "Visas did not answer in time.")
    assert CALL_LIMIT <= time.monotonic() - begun < CALL_LIMIT + 1.5


@pytest.fixture
def throttled(travel: Travel) -> Iterator[str]:
    """A function that Lambda does not run."""
    name = travel.services["Visas"]["functions"]["checks"]["function"]
    travel.aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    yield name
    travel.aws.functions.delete_function_concurrency(FunctionName=name)


def test_a_throttled_call_is_made_again(travel: Travel, throttled: str) -> None:
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(travel.call, "POST", "/visas", "Passports", json={"country": "Japan"})
        assert not wait([asked], timeout=0.5).done
        travel.aws.functions.delete_function_concurrency(FunctionName=throttled)

        assert asked.result().status == 200


def test_a_call_that_stays_throttled_fails_in_time(travel: Travel, throttled: str) -> None:
    begun = time.monotonic()
    answer = travel.call("POST", "/visas", "Passports", json={"country": "Japan"})

    assert answer.status == 502
    assert answer.json()["detail"] == "Visas failed with TooManyRequestsException"
    assert time.monotonic() - begun < CALL_LIMIT + 1


def test_a_function_that_is_not_there_is_named(travel: Travel) -> None:
    found = travel.call("GET", "/embassies/Norway", "Passports")
    assert (found.status, found.json()) == (200, {"country": "Norway", "city": "Oslo"})
    name = travel.services["Visas"]["functions"]["embassies"]["function"]
    travel.aws.functions.delete_function(FunctionName=name)

    answer = travel.call("GET", "/embassies/Norway", "Passports")

    assert answer.status == 503
    assert f":function:{name} could not be invoked" in answer.json()["detail"]
    assert answer.json()["detail"].endswith("; is its service deployed?")


# Asynchronous invocation


def test_work_is_handed_over(travel: Travel) -> None:
    talk = travel.begin("/stamps", service="Passports")

    assert talk.status == 202
    assert talk.row("Visas", "stamps")["correlation"] == talk.trip


def test_a_call_that_failed_for_good_is_kept_with_what_it_was(travel: Travel) -> None:
    talk = travel.begin("/stamps", service="Passports", wet=True)

    queue = travel.services["Visas"]["functions"]["stamps"]["failedCalls"]
    kept = json.loads(travel.kept(queue, talk.trip)["Body"])
    assert kept["requestPayload"]["msgTag"] == "StampPassport"
    assert kept["requestPayload"]["body"] == {"trip": talk.trip, "wet": True}
    assert kept["requestPayload"]["header"]["id"] == talk.answer["id"]
    assert kept["requestPayload"]["header"]["correlationid"] == talk.trip
    assert kept["responsePayload"]["errorMessage"] == "no stamp holds on a wet passport"


# Request and asynchronous response


def test_an_answer_in_time_leaves_nothing_of_the_time_limit(travel: Travel) -> None:
    talk = travel.begin("/rooms")

    (note,) = talk.entries(1)
    assert note == {"what": "room booked", "correlation": talk.trip, "answers": talk.answer["id"]}
    time_out = talk.became("Desk", "answers", "skipped", "RequestTimedOut")
    assert time_out.why == "all replies came in time"
    assert talk.notes(1) == ["room booked"]


def test_without_an_answer_the_time_out_comes_and_a_late_answer_is_known_as_such(
    travel: Travel,
) -> None:
    talk = travel.begin("/rooms", busy=LIMIT + 2)

    assert talk.notes(2) == ["BookRoom timed out", "room booked too late"]
    question, answer = talk.said(2)
    assert answer.header["replyto"] == question.header["id"] == talk.answer["id"]
    talk.became("Desk", "answers", "processed", "RoomBooked")
    handled = [(line.event, line.tag) for line in talk.logged("Desk", "answers")]
    assert handled == [("processed", "RequestTimedOut"), ("processed", "RoomBooked")]


def test_an_answer_finds_its_way_back_through_a_chain(travel: Travel) -> None:
    talk = travel.begin("/flights")

    (note,) = talk.entries(1)
    assert note["what"] == "flight booked, seat 12A"
    assert note["answers"] == talk.answer["id"]
    said = talk.said(4)
    assert [message.tag for message in said] == [
        "BookFlight",
        "ReserveSeat",
        "SeatReserved",
        "FlightBooked",
    ]
    assert causes(said) == [None, "BookFlight", "ReserveSeat", "SeatReserved"]
    waiting = [message.header["requestservices"] for message in said]
    assert waiting == [["Desk"], ["Desk", "Flights"], ["Desk", "Flights"], ["Desk"]]
    assert [m.attribute("requestService") for m in said] == ["Desk", "Flights", "Flights", "Desk"]
    flight, seat = said[0].header["id"], said[1].header["id"]
    assert [message.header.get("replyto") for message in said] == [None, None, seat, flight]


def test_two_requests_at_once_have_answers_of_their_own(travel: Travel) -> None:
    talk = travel.begin("/trips")

    answered = {entry["what"]: entry["answers"] for entry in talk.entries(2)}
    assert answered == {
        "room booked": talk.answer["room"],
        "flight booked, seat 12A": talk.answer["flight"],
    }
    assert len(talk.said(6)) == 6


def test_a_service_asks_itself(travel: Travel) -> None:
    talk = travel.begin("/stays", nights=3)

    assert talk.notes(1) == ["3 nights booked"]
    said = talk.said(4)
    assert [message.tag for message in said] == ["BookStay", "BookRoom", "RoomBooked", "StayBooked"]
    assert causes(said) == [None, "BookStay", "BookRoom", "RoomBooked"]
    assert said[2].header["requestservices"] == ["Desk", "Hotels"]
    # Desk waits for rooms too, but not for this one.
    talk.became("Desk", "answers", "processed", "StayBooked")
    assert [line.tag for line in talk.logged("Desk", "answers")] == ["StayBooked"]


def test_an_answer_comes_to_who_asked_and_to_nobody_else(travel: Travel) -> None:
    for_kiosk = travel.tell("Kiosk", "SellRoom")
    for_desk = travel.begin("/rooms")

    assert for_desk.notes(1) == ["room booked"]
    asked = for_kiosk.said(2)
    question = next(message for message in asked if message.tag == "BookRoom")
    assert for_kiosk.row("Kiosk", "sales")["request"] == question.header["id"]
    for_kiosk.became("Kiosk", "sales", "processed", "RoomBooked")
    assert [line.tag for line in for_kiosk.logged("Kiosk", "sales")] == ["SellRoom", "RoomBooked"]
    assert for_kiosk.logged("Desk", "answers") == []
    assert for_desk.logged("Kiosk", "sales") == []


def test_what_is_forwarded_is_answered_to_who_asked(travel: Travel) -> None:
    talk = travel.begin("/seats", seat="3C")

    (note,) = talk.entries(1)
    assert (note["what"], note["answers"]) == ("seat 3C from Seats", talk.answer["id"])
    said = talk.said(3)
    assert [message.tag for message in said] == ["ChangeSeat", "ChangeSeat", "SeatChanged"]
    assert [message.attribute("fromService") for message in said] == ["Desk", "Flights", "Seats"]
    assert [message.attribute("requestService") for message in said] == ["Desk"] * 3
    assert [message.header.get("causationid") for message in said[1:]] == [
        message.header["id"] for message in said[:2]
    ]


# Publish and asynchronous response


def test_all_who_were_asked_answer(travel: Travel) -> None:
    talk = travel.begin("/offers")

    offers = ["3 offers", "a car for 30", "a car for 90", "a room for 80"]
    assert sorted(talk.notes(4)) == offers
    talk.became("Desk", "answers", "skipped", "RequestTimedOut")
    assert sorted(talk.notes(4)) == offers
    question, *answers = talk.said(4)
    responders = sorted(str(answer.header["responder"]) for answer in answers)
    assert responders == ["Cars.drivers", "Cars.rentals", "Hotels.rooms"]
    assert {answer.header["replyto"] for answer in answers} == {question.header["id"]}


def test_who_stays_silent_is_waited_for_until_the_time_is_over(travel: Travel) -> None:
    talk = travel.begin("/offers", with_driver=False)

    *offers, end = talk.notes(3)
    assert sorted(offers) == ["a car for 30", "a room for 80"]
    assert end == "OffersWanted timed out"


def test_who_answers_twice_counts_once(travel: Travel) -> None:
    talk = travel.begin("/offers", with_driver=False)
    offer = next(message for message in talk.said(3) if message.tag == "RoomOffered")

    travel.repeat(offer, "Hotels", "msgOut")
    travel.repeat(offer, "Hotels", "msgOut", new_id=str(uuid.uuid4()))

    copy = talk.became("Desk", "answers", "skipped", "RoomOffered")
    assert (copy.id, copy.why) == (offer.header["id"], "it was handled before")
    # One copy is none to who counts messages, yet the hotel has answered once.
    notes = talk.notes(4)
    assert sorted(notes[:3]) == ["a car for 30", "a room for 80", "a room for 80"]
    assert notes[3] == "OffersWanted timed out"


# Straight to a queue


def test_work_goes_straight_to_a_queue_and_waits_there_for_its_delay(travel: Travel) -> None:
    begun = time.monotonic()
    talk = travel.begin("/tickets")

    entries = talk.entries(2)
    assert time.monotonic() - begun >= 2
    assert [entry["what"] for entry in entries] == ["ticket printed", "reminded to pack"]
    assert {entry["correlation"] for entry in entries} == {talk.trip}
    assert [m for m in travel.hear() if m.header.get("correlationid") == talk.trip] == []


# One handler


def test_one_handler_answers_the_queue_a_call_and_the_api(travel: Travel) -> None:
    asked = travel.begin("/quotes", days=3)
    called = travel.begin("/quotes-at-once", days=3)
    direct = travel.begin("/quotes", service="Cars", days=3)

    assert asked.notes(1) == ["a car would cost 90"]
    assert (called.status, called.answer) == (200, {"trip": called.trip, "price": 90})
    assert (direct.status, direct.answer) == (200, {"trip": direct.trip, "price": 90})


def test_one_handler_refuses_on_each_way(travel: Travel) -> None:
    asked = travel.begin("/quotes", days=0)
    called = travel.begin("/quotes-at-once", days=0)
    direct = travel.begin("/quotes", service="Cars", days=0)

    refusal = "a car is rented for a day at least"
    assert (called.status, called.answer["detail"]) == (422, refusal)
    assert (direct.status, direct.answer["detail"]) == (422, refusal)
    letters = travel.services["Cars"]["consumers"]["rentals"]["deadLetters"]
    letter = travel.kept(letters, asked.trip)["MessageAttributes"]["deadLetter"]["StringValue"]
    assert json.loads(letter)["reason"] == refusal


# What comes twice, and what is not allowed


def test_a_question_that_comes_twice_is_heard_to_be_answered_once(travel: Travel) -> None:
    talk = travel.begin("/rooms")
    assert talk.notes(1) == ["room booked"]
    question, answer = talk.said(2)

    travel.repeat(question, "Hotels", "msgIn")

    copy = talk.became("Desk", "answers", "skipped", "RoomBooked")
    assert copy.id == answer.header["id"]
    assert talk.notes(1) == ["room booked"]


def test_an_answer_that_comes_twice_is_handled_once(travel: Travel) -> None:
    talk = travel.begin("/flights")
    assert talk.notes(1) == ["flight booked, seat 12A"]

    travel.repeat(talk.said(4)[-1], "Flights", "msgOut")

    talk.became("Desk", "answers", "skipped", "FlightBooked")
    assert talk.notes(1) == ["flight booked, seat 12A"]


def test_what_the_topology_does_not_declare_is_not_sent_and_the_dead_letter_names_the_fix(
    travel: Travel,
) -> None:
    talk = travel.tell("Kiosk", "SellFlight")

    letters = travel.services["Kiosk"]["consumers"]["sales"]["deadLetters"]
    letter = travel.kept(letters, talk.trip)["MessageAttributes"]["deadLetter"]["StringValue"]
    explanation = json.loads(letter)
    assert explanation["errorType"] == "NotDeclared"
    assert explanation["reason"].endswith(
        "Kiosk does not send BookFlight to Flights: add it to `sends` of Kiosk "
        "and to `accepts` of a consumer of Flights in the topology, "
        "and to `sends` and `recipients` of this function if it has its own"
    )
    assert [message.tag for message in talk.said(1)] == ["SellFlight"]


# Too early, and not to be read


def test_each_consumer_delays_and_keeps(travel: Travel) -> None:
    delay_and_keep(travel.aws, system, travel.services)
