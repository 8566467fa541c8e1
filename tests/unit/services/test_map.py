import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from contracts import Message
from topology import LAMBDAS
from topology.model import Service
from topology.names import package
from topology.registry import systems

SERVICES = {
    f"{system.name}.{service.name}": service
    for system in systems().values()
    for service in system.services
}

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


@pytest.fixture(scope="module", params=SERVICES)
def loaded(request: pytest.FixtureRequest) -> tuple[Service, Any]:
    """A service of a map, and what its handler module has when it is loaded as on AWS."""
    service = SERVICES[request.param]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOK, package(service.name)],
        cwd=LAMBDAS,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return service, json.loads(done.stdout)


def names(messages: Iterable[type[Message]]) -> list[str]:
    return sorted(f"{message.__module__}.{message.__name__}" for message in messages)


def test_a_handler_module_has_the_consumers_of_the_map_and_no_other(
    loaded: tuple[Service, Any],
) -> None:
    service, found = loaded
    assert found["consumers"] == {each.name: names(each.messages) for each in service.consumers}


def test_a_handler_module_has_the_functions_of_the_map_and_no_other(
    loaded: tuple[Service, Any],
) -> None:
    service, found = loaded
    assert found["functions"] == {each.name: names(each.invocable) for each in service.functions}


def test_a_handler_module_serves_the_routes_of_the_map_and_no_other(
    loaded: tuple[Service, Any],
) -> None:
    service, found = loaded
    # Its calls go to the functions that answer them.
    routes = service.api.routes if service.api else ()
    assert found["apis"] == ({"api": sorted(routes)} if routes else {})


def test_a_handler_module_has_the_authorizer_of_the_map_and_no_other(
    loaded: tuple[Service, Any],
) -> None:
    service, found = loaded
    guarded = service.api is not None and service.api.authorizer is not None
    assert found["authorizers"] == (["authorizer"] if guarded else [])


@pytest.mark.parametrize("heavy", ["botocore", "boto3", "urllib3", "topology", "aws_cdk"])
def test_loading_a_handler_makes_no_client(loaded: tuple[Service, Any], heavy: str) -> None:
    _, found = loaded
    assert heavy not in found["modules"]


def test_loading_a_handler_loads_no_other_service(loaded: tuple[Service, Any]) -> None:
    service, found = loaded
    others = {package(each.name) for each in SERVICES.values()} - {package(service.name)}
    assert not others & set(found["modules"])


def test_every_service_of_a_map_has_a_folder_and_every_folder_a_service() -> None:
    folders = {path.parent.name for path in Path(LAMBDAS).glob("*/handler.py")}
    assert folders == {package(each.name) for each in SERVICES.values()}
