import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from topology import LAMBDAS
from topology.model import Service
from topology.names import package
from topology.wild_rydes import system

SERVICES = {service.name: service for service in system.services}

# Runs in a process of its own, as a cold start does: what it imported is what the module needs.
LOOK = """
import importlib, json, sys
from messaging import Api, Consumer
module = importlib.import_module(sys.argv[1] + ".handler")
found = {name: value for name, value in vars(module).items() if isinstance(value, (Api, Consumer))}
print(json.dumps({
    "apis": {n: sorted(v.routes) for n, v in found.items() if isinstance(v, Api)},
    "consumers": {
        n: sorted(f"{m.__module__}.{m.__name__}" for m in v.handles)
        for n, v in found.items() if isinstance(v, Consumer)
    },
    "modules": sorted({name.split(".")[0] for name in sys.modules}),
}))
"""


@pytest.fixture(scope="module", params=SERVICES)
def loaded(request: pytest.FixtureRequest) -> tuple[Service, Any]:
    """A service of the map, and what its handler module has when it is loaded as on AWS."""
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


def test_a_handler_module_has_the_consumers_of_the_map_and_no_other(
    loaded: tuple[Service, Any],
) -> None:
    service, found = loaded
    assert found["consumers"] == {
        consumer.name: sorted(f"{m.__module__}.{m.__name__}" for m in consumer.messages)
        for consumer in service.consumers
    }


def test_a_handler_module_serves_the_routes_of_the_map_and_no_other(
    loaded: tuple[Service, Any],
) -> None:
    service, found = loaded
    assert found["apis"] == ({"api": sorted(service.api.routes)} if service.api else {})


@pytest.mark.parametrize("heavy", ["botocore", "boto3", "urllib3", "topology", "aws_cdk"])
def test_loading_a_handler_makes_no_client(loaded: tuple[Service, Any], heavy: str) -> None:
    _, found = loaded
    assert heavy not in found["modules"]


def test_loading_a_handler_loads_no_other_service(loaded: tuple[Service, Any]) -> None:
    service, found = loaded
    others = {package(name) for name in SERVICES} - {package(service.name)}
    assert not others & set(found["modules"])


def test_every_service_of_the_map_has_a_folder() -> None:
    for name in SERVICES:
        assert Path(LAMBDAS, package(name), "handler.py").is_file()
