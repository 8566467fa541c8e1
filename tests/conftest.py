"""Options and fixtures of all tests. Outside flows, AWS is in this process, and credentials open
nothing.
"""

from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws
from moto.core import models

from messaging.aws import clients as aws
from messaging.settings import VARIABLE, Settings, settings
from messaging.testing.moto_topics import deliver_bytes
from tests.systems import every

# Its assertion shows its values as those of a test do.
pytest.register_assert_rewrite("tests.unit.topology.builders")

Configure = Callable[[Settings], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options that let tests run over more than usual."""
    parser.addoption(
        "--systems",
        choices=("tests", "team"),
        default="tests",
        help="run the rules over the tests' own systems (default), or over those of systems/",
    )
    parser.addoption(
        "--full", action="store_true", help="run the whole suite where a test runs a part of it"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a rule over the chosen systems."""
    every.generate(metafunc)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start without settings and clients, and leave none behind."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    _forget()
    yield
    _forget()


@pytest.fixture
def mocked_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS as moto plays it."""
    # moto prepares more than a thousand responses for the library `requests`, which nothing uses.
    monkeypatch.setattr(models, "RESPONSES_METHODS", [])
    deliver_bytes()
    with mock_aws():
        yield


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Return a function that gives this process its settings."""

    def write(value: Settings) -> None:
        for name, text in value.to_environment().items():
            monkeypatch.setenv(name, text)
        settings.cache_clear()

    return write


def _forget() -> None:
    settings.cache_clear()
    aws.forget_clients()
