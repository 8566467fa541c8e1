"""A station on moto, and messages that belong to no business."""

from collections.abc import Callable
from typing import Any

import pytest

from messaging.testing import Station


@pytest.fixture
def station(mocked_aws: None) -> Callable[..., Station]:
    """Return a function that makes a station."""

    def make(**options: Any) -> Station:
        return Station(**options)

    return make
