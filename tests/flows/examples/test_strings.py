"""Requestor and Generator, each stopped, started and redeployed without the other noticing."""

import json
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import urllib3

from demos.strings import verdict
from demos.strings.client import Client
from demos.strings.expectations import Expectation, Scene
from demos.strings.scenes import request
from ops.demo.main import run
from ops.demo.pause import stopped
from ops.inspect.endpoints import endpoints
from ops.local import deploy, emulator, state
from ops.local.aws import Aws
from ops.local.progress import Progress
from stacks.deployment import Deployment
from systems.strings import system
from tests.flows.conftest import STAGE, Bring
from tests.flows.queues import delay_and_keep, rejection
from tests.stacks.synthesis import synthesize
from topology import LAMBDAS
from topology.names import package

SIDES = ("Generator", "Requestor")


@pytest.fixture(scope="module")
def own_home(bring: Bring) -> Path:
    """Return the folder of the emulator with Strings."""
    return bring("strings").home


@pytest.fixture
def client(own_home: Path) -> Client:
    """Return the deployed system, whose logs are read from now on."""
    endpoint = emulator.require(own_home).endpoint
    services = endpoints(endpoint, state.Deployment("strings", STAGE))["services"]
    return Client(Aws(endpoint), services, Progress(), time.time(), urllib3.PoolManager())


def test_the_demo_finds_everything_as_it_must_be(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("strings", keep=True, as_json=True, home=own_home) == 0

    result = json.loads(capsys.readouterr().out)
    assert [line["wrong"] for line in result["lines"]] == [None] * 11
    assert [line["requestor"] for line in result["lines"]].count("late") == 1
    assert {line["generator"] for line in result["lines"]} == {"received"}
    assert result["waited"] == {"Generator stopped": 4, "Requestor stopped": 3}
    assert [(step["tag"], step["cause"]) for step in result["conversation"]] == [
        ("GenerateString", None),
        ("StringGenerated", "GenerateString"),
        ("ConfirmString", "StringGenerated"),
    ]
    assert result["deadLetters"] == result["wrong"] == []


def test_a_string_that_nobody_has_requested_is_a_dead_letter(client: Client) -> None:
    answer = json.dumps({"id": str(uuid.uuid4()), "string": "a"})
    queues = client.services["Requestor"]["consumers"]["answers"]
    reason = rejection(client.aws, queues, "StringGenerated", answer)
    assert reason == "No string with this id waits for an answer."


@pytest.mark.parametrize("side", SIDES)
def test_a_side_is_redeployed_while_messages_wait_for_it(
    own_home: Path, client: Client, side: str
) -> None:
    # Not while it handles some: where Lambda lets a function finish, the emulator ends it, and what
    # it had in hand comes again after its visibility timeout of three minutes.
    function = client.consumer(side)["function"]
    before = _code(client, function)
    with stopped(client.aws, function):
        strings = _ask(client, 3)
        assert client.queued(side, 3) == 3
        _redeploy(own_home, client, side)
        assert _code(client, function) != before
        assert client.queued(side, 3) == 3

    _must_have_ended_well(client, strings)


@pytest.mark.parametrize(
    ("service", "method", "path", "body", "status"),
    [
        ("Requestor", "POST", "/ask-string", {"length": 8, "fail_times": 1}, 502),
        ("Requestor", "POST", "/request-string", {"length": 65}, 400),
        ("Requestor", "GET", "/strings/nowhere", None, 404),
        ("Generator", "POST", "/generate-string", {"id": "taken", "length": 9}, 422),
    ],
)
def test_what_goes_wrong_is_a_problem_with_a_status(
    client: Client, service: str, method: str, path: str, body: Any, status: int
) -> None:
    client.post("Generator", "/generate-string", {"id": "taken", "length": 8}, "taken")
    url = client.services[service]["api"] + path

    answer = client.http.request(method, url, json=body, timeout=30, retries=False)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


def _ask(client: Client, count: int) -> tuple[Expectation, ...]:
    return tuple(request(client, f"string {n}", length=8) for n in range(count))


def _must_have_ended_well(client: Client, strings: tuple[Expectation, ...]) -> None:
    client.settle(strings)
    lines = list(verdict.lines(client, [Scene(title="redeployed", strings=strings)]))
    assert [line.wrong for line in lines] == [None] * len(strings)


def _redeploy(home: Path, client: Client, *sides: str) -> None:
    """Deploy other code of these sides, which does the same."""
    own = home / f"redeployed-{uuid.uuid4()}"
    code = own / "lambdas"
    shutil.copytree(LAMBDAS, code, ignore=shutil.ignore_patterns("__pycache__"))
    for side in sides:
        with (code / package(side) / "handler.py").open("a") as file:
            file.write(f"\n# {uuid.uuid4()}\n")
    changed = Deployment(stage=STAGE, target="local", lambdas=code)
    synthesize(system, changed, deploy.assembly(own))
    wanted = state.Deployment("strings", STAGE)
    deploy.deploy(own, client.aws.endpoint, wanted, Progress())


def _code(client: Client, function: str) -> str:
    return client.aws.functions.get_function_configuration(FunctionName=function)["CodeSha256"]


def test_each_consumer_delays_and_keeps(client: Client) -> None:
    delay_and_keep(client.aws, system, client.services)
