"""Every system is synthesized once a session; rules then look at the templates."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.deployment import Deployment
from tests.stacks.synthesis import Assembly, synthesize
from tests.systems import catalog
from topology import model

Synthesized = Callable[[model.System], Assembly]
Code = Callable[[model.System], Path]


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Code:
    """The folder with the code of a system's functions."""
    folders: dict[str, Path] = {}

    def get(system: model.System) -> Path:
        if system.name not in folders:
            folders[system.name] = catalog.code(system, tmp_path_factory.mktemp(system.name))
        return folders[system.name]

    return get


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory, code: Code) -> Synthesized:
    """The default deployment of a system."""
    done: dict[str, Assembly] = {}

    def get(system: model.System) -> Assembly:
        if system.name not in done:
            folder = tmp_path_factory.mktemp(system.name)
            deployment = Deployment(lambdas=code(system))
            done[system.name] = synthesize(system, deployment, folder, validate=True)
        return done[system.name]

    return get


@pytest.fixture(scope="session")
def keyed(tmp_path_factory: pytest.TempPathFactory, code: Code) -> Synthesized:
    """A system encrypted with the customer's key."""
    done: dict[str, Assembly] = {}

    def get(system: model.System) -> Assembly:
        if system.name not in done:
            deployment = Deployment(customer_key=True, lambdas=code(system))
            folder = tmp_path_factory.mktemp(system.name)
            done[system.name] = synthesize(system, deployment, folder)
        return done[system.name]

    return get
