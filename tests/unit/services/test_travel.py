"""The travel system, which the guide quotes: its map is valid, its handlers are the map's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.travel.system import lambdas, system
from topology import checks
from topology.model import Service
from topology.names import package

# Runs in a process of its own, as a cold start does.
LOOK = """
import importlib, json, sys
from messaging import Api, Function
module = importlib.import_module(sys.argv[1] + ".handler")
found = vars(module).items()
print(json.dumps({
    "apis": {name: sorted(v.routes) for name, v in found if isinstance(v, Api)},
    "functions": {
        name: [type(v).__name__, sorted(message.msg_tag for message in v.handles)]
        for name, v in found if isinstance(v, Function)
    },
}))
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the system's functions, as it is deployed."""
    return lambdas(tmp_path_factory.mktemp("travel"))


@pytest.fixture(params=system.services, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    """A service of the map."""
    found: Service = request.param
    return found


@pytest.fixture
def found(code: Path, service: Service) -> Any:
    """What the handler module of the service has."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOK, package(service.name)],
        cwd=code,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_map_is_valid() -> None:
    checks.check(system)


def test_a_handler_module_has_what_the_map_declares_and_nothing_else(
    service: Service, found: Any
) -> None:
    consumers = {
        each.name: ["Consumer", sorted(message.msg_tag for message in each.messages)]
        for each in service.consumers
    }
    functions = {
        each.name: ["Function", sorted(message.msg_tag for message in each.invocable)]
        for each in service.functions
    }
    routes = service.api.routes if service.api else ()
    assert found == {
        "apis": {"api": sorted(routes)} if routes else {},
        "functions": consumers | functions,
    }
