"""A harness on moto."""

from collections.abc import Callable
from typing import Any

import pytest

from messaging.testing import ConsumerHarness


@pytest.fixture
def make_harness(mocked_aws: None) -> Callable[..., ConsumerHarness]:
    """Return a function that makes a harness."""

    def make(**options: Any) -> ConsumerHarness:
        return ConsumerHarness(**options)

    return make
