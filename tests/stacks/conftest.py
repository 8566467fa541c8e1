"""Every system is synthesized once a session; rules then look at the templates."""

from collections.abc import Callable

import pytest

from stacks.deployment import Deployment
from tests.stacks.synthesis import Assembly, synthesize
from topology import model

Synthesized = Callable[[model.System], Assembly]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The default deployment of a system."""
    done: dict[str, Assembly] = {}

    def get(system: model.System) -> Assembly:
        if system.name not in done:
            folder = tmp_path_factory.mktemp(system.name)
            done[system.name] = synthesize(system, Deployment(), folder, validate=True)
        return done[system.name]

    return get
