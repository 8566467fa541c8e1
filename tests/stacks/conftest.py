"""Every system is synthesized once a session; rules then look at the templates."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.deployment import Deployment
from tests.stacks import conversations as talks
from tests.stacks.synthesis import Assembly, synthesize
from tests.warehouse import system as warehouse
from topology import LAMBDAS, model

Synthesized = Callable[[model.System], Assembly]
Code = Callable[[model.System], Path]


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Code:
    """The folder with the code of a system's functions."""
    folders = {
        each.system.name: each.lambdas(tmp_path_factory.mktemp(each.system.name))
        for each in (warehouse, talks)
    }
    return lambda system: folders.get(system.name, LAMBDAS)


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
