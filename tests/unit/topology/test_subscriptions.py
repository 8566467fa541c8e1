"""The subscriptions of a consumer's queue."""

from typing import Any, ClassVar

from contracts import Command, Event
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


class Replied(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Replied"


def subscribed(consumer: Consumer) -> list[tuple[str, str, dict[str, Any]]]:
    me = Service(name="Me", publishes=(Replied,), consumers=(consumer,))
    rides = Service(name="Rides", publishes=(Booked, Cancelled))
    money = Service(name="Money", publishes=(Paid,))
    system = System(name="test", services=(me, rides, money))
    return [
        (found.publisher, found.topic, found.policy.render())
        for found in subscriptions(system, me, consumer)
    ]


def test_one_event_is_one_flat_policy() -> None:
    assert subscribed(Consumer("rides", listens_to=(On(Booked),))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked"]})
    ]


def test_a_where_stands_beside_the_tag() -> None:
    on = On(Booked, where={"fare": (at_least(50), equals(7))})

    assert subscribed(Consumer("rides", listens_to=(on,))) == [
        (
            "Rides",
            "MsgOut",
            {"msgTag": ["Booked"], "fare": [{"numeric": [">=", 50]}, {"numeric": ["=", 7]}]},
        )
    ]


def test_events_of_one_publisher_share_one_subscription() -> None:
    assert subscribed(Consumer("rides", listens_to=(On(Booked), On(Cancelled)))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked", "Cancelled"]})
    ]


def test_events_with_the_same_filter_share_one_alternative() -> None:
    ons = tuple(On(event, where={"fare": at_least(50)}) for event in (Booked, Cancelled))

    assert subscribed(Consumer("rides", listens_to=ons)) == [
        (
            "Rides",
            "MsgOut",
            {"msgTag": ["Booked", "Cancelled"], "fare": [{"numeric": [">=", 50]}]},
        )
    ]


def test_events_with_different_filters_become_alternatives() -> None:
    ons = (On(Cancelled), On(Booked, where={"fare": at_least(50)}))

    assert subscribed(Consumer("rides", listens_to=ons)) == [
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

    assert subscribed(consumer) == [
        ("Me", "MsgIn", {"msgTag": ["Book", "Cancel"]}),
        ("Money", "MsgOut", {"msgTag": ["Paid"]}),
        ("Rides", "MsgOut", {"msgTag": ["Booked", "Cancelled"]}),
    ]


def test_replies_pass_only_if_the_own_service_has_requested_them() -> None:
    assert subscribed(Consumer("rides", replies_from=(On(Booked),))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked"], "requestService": ["Me"]})
    ]


def test_replies_of_one_publisher_share_one_alternative() -> None:
    assert subscribed(Consumer("rides", replies_from=(On(Booked), On(Cancelled)))) == [
        ("Rides", "MsgOut", {"msgTag": ["Booked", "Cancelled"], "requestService": ["Me"]})
    ]


def test_a_where_of_a_reply_stands_beside_the_requester() -> None:
    assert subscribed(
        Consumer("rides", replies_from=(On(Booked, where={"fare": at_least(50)}),))
    ) == [
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


def test_announcements_and_replies_of_one_publisher_are_alternatives_of_one_policy() -> None:
    consumer = Consumer("rides", listens_to=(On(Cancelled),), replies_from=(On(Booked),))

    assert subscribed(consumer) == [
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


def test_only_replies_are_filtered_by_the_requester() -> None:
    consumer = Consumer("rides", listens_to=(On(Paid),), replies_from=(On(Booked),))

    assert subscribed(consumer) == [
        ("Money", "MsgOut", {"msgTag": ["Paid"]}),
        ("Rides", "MsgOut", {"msgTag": ["Booked"], "requestService": ["Me"]}),
    ]


def test_a_service_that_sends_itself_requests_receives_its_own_replies() -> None:
    consumer = Consumer("rides", accepts=(Book,), replies_from=(On(Replied),))

    assert subscribed(consumer) == [
        ("Me", "MsgIn", {"msgTag": ["Book"]}),
        ("Me", "MsgOut", {"msgTag": ["Replied"], "requestService": ["Me"]}),
    ]


def test_enqueued_and_invocable_commands_need_no_subscription() -> None:
    assert subscribed(Consumer("rides", accepts_enqueued=(Book,), invocable=(Cancel,))) == []


def test_a_subscription_has_the_tags_of_announcements_and_replies() -> None:
    consumer = Consumer("rides", listens_to=(On(Cancelled),), replies_from=(On(Booked),))
    me = Service(name="Me", consumers=(consumer,))
    rides = Service(name="Rides", publishes=(Booked, Cancelled))

    (found,) = subscriptions(System(name="test", services=(me, rides)), me, consumer)

    assert found.tags == ("Cancelled", "Booked")


def test_an_event_has_the_publisher_that_names_it_first() -> None:
    first, second = (Service(name=name, publishes=(Paid,)) for name in ("First", "Second"))

    assert publishers(System(name="test", services=(first, second))) == {Paid: first}
