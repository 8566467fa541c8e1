"""The handler module of a service has what the topology declares, and loads nothing else."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from contracts import Message
from tests.systems import catalog
from topology import checks
from topology.model import Service, System
from topology.names import package

# Runs in a process of its own, as a cold start does: what it imported is what the module needs.
# The name of a class, not the class: to import one of the runtime would be to load it.
LOOK = """
import importlib, json, sys
module = importlib.import_module(sys.argv[1] + ".handler")
loaded = sorted({name.split(".")[0] for name in sys.modules})
found = {}
for name, value in vars(module).items():
    kind = type(value)
    if kind.__module__.startswith("messaging."):
        found.setdefault(kind.__name__, {})[name] = value
def handled(kind):
    return {
        name: sorted(f"{m.__module__}.{m.__name__}" for m in value.handles)
        for name, value in found.get(kind, {}).items()
    }
print(json.dumps({
    "apis": {name: sorted(value.routes) for name, value in found.get("Api", {}).items()},
    "authorizers": sorted(found.get("Authorizer", {})),
    "consumers": handled("Consumer"),
    "functions": handled("Function"),
    "modules": loaded,
}))
"""
HEAVY = {"botocore", "boto3", "urllib3", "topology", "aws_cdk"}

Look = Callable[[System, Service], Any]
Code = Callable[[System], Path]


every_system = pytest.mark.every("system", has_code=True)
every_service = pytest.mark.every("system", "service", has_code=True)


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Code:
    """The folder with the code of a system's functions, as it is deployed."""
    folders: dict[str, Path] = {}

    def get(system: System) -> Path:
        if system.name not in folders:
            folders[system.name] = catalog.code(system, tmp_path_factory.mktemp(system.name))
        return folders[system.name]

    return get


@pytest.fixture(scope="module")
def look(code: Code) -> Look:
    """Return a function that loads a handler module as Lambda does, and says what it has."""
    found: dict[tuple[str, str], Any] = {}

    def get(system: System, service: Service) -> Any:
        key = (system.name, service.name)
        if key not in found:
            command = [sys.executable, "-W", "error", "-c", LOOK, package(service.name)]
            done = subprocess.run(
                command, cwd=code(system), env={}, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            found[key] = json.loads(done.stdout)
        return found[key]

    return get


def names(messages: Iterable[type[Message]]) -> list[str]:
    """The contract classes as handlers import them."""
    return sorted(f"{m.__module__.rpartition('lambdas.')[2]}.{m.__name__}" for m in messages)


def packages(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("*/handler.py")}


@every_system
def test_a_system_keeps_the_rules_of_the_topology(system: System) -> None:
    checks.check(system)


@every_service
def test_a_handler_module_has_the_consumers_of_the_topology_and_no_other(
    look: Look, system: System, service: Service
) -> None:
    found = look(system, service)["consumers"]
    assert found == {each.name: names(each.messages) for each in service.consumers}


@every_service
def test_a_handler_module_has_the_functions_of_the_topology_and_no_other(
    look: Look, system: System, service: Service
) -> None:
    found = look(system, service)["functions"]
    assert found == {each.name: names(each.invocable) for each in service.functions}


@every_service
def test_a_handler_module_serves_the_routes_of_the_topology_and_no_other(
    look: Look, system: System, service: Service
) -> None:
    # The routes of commands go to the functions that are invoked with them.
    routes = service.api.routes if service.api else ()
    assert look(system, service)["apis"] == ({"api": sorted(routes)} if routes else {})


@every_service
def test_a_handler_module_has_the_authorizer_of_the_topology_and_no_other(
    look: Look, system: System, service: Service
) -> None:
    guarded = service.api is not None and service.api.authorizer is not None
    assert look(system, service)["authorizers"] == (["authorizer"] if guarded else [])


@every_service
def test_loading_a_handler_makes_no_client(look: Look, system: System, service: Service) -> None:
    assert HEAVY.isdisjoint(look(system, service)["modules"])


@every_service
def test_loading_a_handler_loads_no_other_service(
    look: Look, code: Code, system: System, service: Service
) -> None:
    others = packages(code(system)) - {package(service.name)}
    assert others.isdisjoint(look(system, service)["modules"])


@every_system
def test_every_service_has_a_folder_and_every_folder_a_service(
    pytestconfig: pytest.Config, code: Code, system: System
) -> None:
    systems = catalog.chosen(pytestconfig).values()
    beside = [each for each in systems if code(each) == code(system)]
    services = {package(service.name) for each in beside for service in each.services}
    assert packages(code(system)) == services
