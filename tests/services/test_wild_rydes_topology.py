"""The topology of Wild Rydes."""

import pytest

from systems import wild_rydes
from topology.checks import problems
from topology.model import Service
from topology.routing.subscriptions import subscriptions


def test_wild_rydes_has_no_problems() -> None:
    assert problems(wild_rydes.system) == []


@pytest.mark.parametrize(
    "service", wild_rydes.system.services, ids=lambda service: str(service.name)
)
def test_every_consumer_subscribes_to_unicorn_management_only(service: Service) -> None:
    for consumer in service.consumers:
        (found,) = subscriptions(wild_rydes.system, service, consumer)

        assert (found.publisher, found.topic) == ("UnicornManagement", "MsgOut")
