"""What went wrong once, found under real failures, and must not again."""

from collections.abc import Callable
from typing import Any

from messaging import Context
from messaging.policy import Idempotency
from messaging.testing import Station
from tests.unit.messaging.doubles import consumer_that, instead
from tests.unit.messaging.orders import OrderPlaced

MakeStation = Callable[..., Station]


def test_a_claim_whose_answer_was_lost_is_known_as_its_own(station: MakeStation) -> None:
    """Found by the chaos flow: the SDK's second try met its own claim, and the message waited
    until that lease was over.
    """
    place, seen = station(idempotency=Idempotency()), list[str]()

    def twice(**params: Any) -> Any:
        put(**params)
        return put(**params)

    put = instead("dynamodb", "put_item", twice)
    place.send(OrderPlaced(id="1"))

    def note(order: OrderPlaced, _: Context) -> None:
        seen.append(order.id)

    place.deliver(consumer_that(note))

    assert seen == ["1"]


def test_a_claim_of_another_is_respected_all_the_same(station: MakeStation) -> None:
    place, seen = station(idempotency=Idempotency()), list[str]()

    def second(**params: Any) -> Any:
        other = {**params["Item"], "owner": {"S": "another invocation"}}
        put(**{**params, "Item": other})
        return put(**params)

    put = instead("dynamodb", "put_item", second)
    place.send(OrderPlaced(id="1"))

    place.deliver(consumer_that(lambda order, _: seen.append(order.id)))

    assert seen == []
