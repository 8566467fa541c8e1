"""From the map to subscriptions."""

from typing import Any, ClassVar

import pytest

from contracts import Command, Event
from systems import wild_rydes
from topology.filters import at_least, equals
from topology.model import Consumer, On, Service, System
from topology.routing.subscriptions import publishers, subscriptions


class Booked(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Booked"
    attributes: ClassVar[tuple[str, ...]] = ("fare",)
    fare: float


class Cancelled(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Cancelled"
    attributes: ClassVar[tuple[str, ...]] = ("fare",)
    fare: float


class Paid(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Paid"


class Book(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Book"


class Cancel(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Cancel"


class Answered(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Answered"


def feeds(consumer: Consumer) -> list[tuple[str, str, dict[str, Any]]]:
    me = Service(name="Me", publishes=(Answered,), consumers=(consumer,))
    rides = Service(name="Rides", publishes=(Booked, Cancelled))
    money = Service(name="Money", publishes=(Paid,))
    system = System(name="test", services=(me, rides, money))
    return [
        (found.publisher, found.topic, found.policy.render())
        for found in subscriptions(system, me, consumer)
    ]


def test_one_event_is_one_flat_policy() -> None:
    assert feeds(Consumer("rides", listens_to=(On(Booked),))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked"]})
    ]


def test_a_where_stands_beside_the_tag() -> None:
    on = On(Booked, where={"fare": (at_least(50), equals(7))})

    assert feeds(Consumer("rides", listens_to=(on,))) == [
        (
            "Rides",
            "MsgOut",
            {"msgTag": ["Booked"], "fare": [{"numeric": [">=", 50]}, {"numeric": ["=", 7]}]},
        )
    ]


def test_events_of_one_publisher_share_one_subscription() -> None:
    assert feeds(Consumer("rides", listens_to=(On(Booked), On(Cancelled)))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked", "Cancelled"]})
    ]


def test_events_with_the_same_filter_share_one_alternative() -> None:
    ons = tuple(On(event, where={"fare": at_least(50)}) for event in (Booked, Cancelled))

    assert feeds(Consumer("rides", listens_to=ons)) == [
        (
            "Rides",
            "MsgOut",
            {"msgTag": ["Booked", "Cancelled"], "fare": [{"numeric": [">=", 50]}]},
        )
    ]


def test_events_with_different_filters_become_alternatives() -> None:
    ons = (On(Cancelled), On(Booked, where={"fare": at_least(50)}))

    assert feeds(Consumer("rides", listens_to=ons)) == [
        (
            "Rides",
            "MsgOut",
            {
                "$or": [
                    {"msgTag": ["Cancelled"]},
                    {"msgTag": ["Booked"], "fare": [{"numeric": [">=", 50]}]},
                ]
            },
        )
    ]


def test_commands_come_first_then_publishers_as_the_consumer_names_them() -> None:
    consumer = Consumer(
        "rides", accepts=(Book, Cancel), listens_to=(On(Paid), On(Booked), On(Cancelled))
    )

    assert feeds(consumer) == [
        ("Me", "MsgIn", {"msgTag": ["Book", "Cancel"]}),
        ("Money", "MsgOut", {"msgTag": ["Paid"]}),
        ("Rides", "MsgOut", {"msgTag": ["Booked", "Cancelled"]}),
    ]


def test_answers_pass_only_while_the_own_service_waits_for_them() -> None:
    assert feeds(Consumer("rides", replies_from=(On(Booked),))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked"], "requestService": ["Me"]})
    ]


def test_answers_of_one_publisher_share_one_alternative() -> None:
    assert feeds(Consumer("rides", replies_from=(On(Booked), On(Cancelled)))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked", "Cancelled"], "requestService": ["Me"]})
    ]


def test_a_where_of_an_answer_stands_beside_the_requester() -> None:
    assert feeds(Consumer("rides", replies_from=(On(Booked, where={"fare": at_least(50)}),))) == [
        (
            "Rides",
            "MsgOut",
            {
                "msgTag": ["Booked"],
                "requestService": ["Me"],
                "fare": [{"numeric": [">=", 50]}],
            },
        )
    ]


def test_news_and_answers_of_one_publisher_are_alternatives_of_one_policy() -> None:
    consumer = Consumer("rides", listens_to=(On(Cancelled),), replies_from=(On(Booked),))

    assert feeds(consumer) == [
        (
            "Rides",
            "MsgOut",
            {
                "$or": [
                    {"msgTag": ["Cancelled"]},
                    {"msgTag": ["Booked"], "requestService": ["Me"]},
                ]
            },
        )
    ]


def test_only_answers_are_filtered_by_who_asked() -> None:
    consumer = Consumer("rides", listens_to=(On(Paid),), replies_from=(On(Booked),))

    assert feeds(consumer) == [
        ("Money", "MsgOut", {"msgTag": ["Paid"]}),
        ("Rides", "MsgOut", {"msgTag": ["Booked"], "requestService": ["Me"]}),
    ]


def test_a_service_that_asks_itself_hears_its_own_answers() -> None:
    consumer = Consumer("rides", accepts=(Book,), replies_from=(On(Answered),))

    assert feeds(consumer) == [
        ("Me", "MsgIn", {"msgTag": ["Book"]}),
        ("Me", "MsgOut", {"msgTag": ["Answered"], "requestService": ["Me"]}),
    ]


def test_units_of_work_and_direct_calls_need_no_subscription() -> None:
    assert feeds(Consumer("rides", accepts_enqueued=(Book,), invocable=(Cancel,))) == []


def test_a_subscription_tells_the_tags_of_news_and_answers() -> None:
    consumer = Consumer("rides", listens_to=(On(Cancelled),), replies_from=(On(Booked),))
    me = Service(name="Me", consumers=(consumer,))
    rides = Service(name="Rides", publishes=(Booked, Cancelled))

    (found,) = subscriptions(System(name="test", services=(me, rides)), me, consumer)

    assert found.tags == ("Cancelled", "Booked")


def test_an_event_has_the_publisher_that_names_it_first() -> None:
    first, second = (Service(name=name, publishes=(Paid,)) for name in ("First", "Second"))

    assert publishers(System(name="test", services=(first, second))) == {Paid: first}


@pytest.mark.parametrize(
    "service", wild_rydes.system.services, ids=lambda service: str(service.name)
)
def test_wild_rydes_hears_only_unicorn_management(service: Service) -> None:
    for consumer in service.consumers:
        (found,) = subscriptions(wild_rydes.system, service, consumer)

        assert (found.publisher, found.topic) == ("UnicornManagement", "MsgOut")
