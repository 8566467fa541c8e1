"""Tests with an emulator may reach it."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let them use sockets."""
    for item in items:
        if item.get_closest_marker("emulator"):
            item.add_marker(pytest.mark.enable_socket)
