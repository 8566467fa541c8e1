"""A station on moto, and messages that belong to no business."""

from collections.abc import Callable
from typing import Any

import pytest

from messaging.testing import ConsumerHarness


@pytest.fixture
def station(mocked_aws: None) -> Callable[..., ConsumerHarness]:
    """Return a function that makes a station."""

    def make(**options: Any) -> ConsumerHarness:
        return ConsumerHarness(**options)

    return make
