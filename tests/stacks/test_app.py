import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import app
from stacks.compute.layer import CACHE
from systems.wild_rydes import system
from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import CONTEXT, ROOT, Assembly, read
from topology.model import Consumer, Service, System
from topology.problems import TopologyError

# The four documented steps: a contract, a handler, a service, and its place in the system.
CONTRACT = '''"""What Weather announces."""

from typing import ClassVar

from contracts.message import Event


class StormComing(Event, frozen=True, kw_only=True):
    """A storm will be here soon."""

    msg_tag: ClassVar[str] = "StormComing"

    city: str
'''
HANDLER = '''"""What Weather listens to."""

from contracts.unicorn_management import RideCompleted
from messaging import Consumer, Context

rides = Consumer()


@rides.on(RideCompleted)
def look_up(ride: RideCompleted, context: Context) -> None:
    """Look at the sky."""
'''
SERVICE = """
import dataclasses

from contracts.weather import StormComing

weather = Service(
    name="Weather",
    publishes=(StormComing,),
    consumers=(Consumer("rides", listens_to=(On(RideCompleted),)),),
)
"""
PLACE = "system = dataclasses.replace(system, services=(*system.services, weather))\n"


def run(folder: Path, out: Path, **context: str) -> subprocess.CompletedProcess[str]:
    """Run `app.py` in a folder as the CDK CLI does, with another hash seed than this process."""
    given = {
        "CDK_CONTEXT_JSON": json.dumps({**CONTEXT, **context}),
        "CDK_OUTDIR": str(out),
        "CDK_VALIDATION": "false",
        "PYTHONHASHSEED": "12345",
        "PYTHONPATH": "lambdas",
    }
    command = [sys.executable, "app.py"]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path, assembly: Synthesized) -> Path:
    """A copy of the project with a layer cache."""
    assembly(system)
    for name in ("stacks", "topology", "systems", "lambdas"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(CACHE, tmp_path / CACHE.relative_to(ROOT))
    return tmp_path


def test_synthesizing_again_elsewhere_is_the_same_to_the_byte(
    assembly: Synthesized, tree: Path, tmp_path: Path
) -> None:
    done = run(tree, tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert read(tmp_path / "out").bodies() == assembly(system).bodies()


def test_four_steps_make_a_service(assembly: Synthesized, tree: Path, tmp_path: Path) -> None:
    (tree / "lambdas" / "contracts" / "weather.py").write_text(CONTRACT)
    (tree / "lambdas" / "weather").mkdir()
    (tree / "lambdas" / "weather" / "handler.py").write_text(HANDLER)
    with (tree / "systems" / "wild_rydes.py").open("a") as file:
        file.write(SERVICE + PLACE)
    done = run(tree, tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    _assert_complete(read(tmp_path / "out"))


def _assert_complete(made: Assembly) -> None:
    """The new service has its topics, its queue, and its subscription to a ride's end."""
    assert made.templates["dev-WeatherChannels"].outputs.keys() == {"MsgIn", "MsgOut"}
    template = made.templates["dev-Weather"]
    function = template.properties(template.announced("RidesFunction"))
    assert function["Handler"] == "weather.handler.rides"
    assert (made.asset(function["Code"]) / "weather" / "handler.py").read_text() == HANDLER
    (subscription,) = template.of("AWS::SNS::Subscription").values()
    assert subscription["Properties"]["FilterPolicy"] == {"msgTag": ["RideCompleted"]}
    (layer,) = template.of("AWS::Lambda::LayerVersion").values()
    contracts = made.asset(layer["Properties"]["Content"]) / "python" / "contracts"
    assert (contracts / "weather.py").is_file()


MISTAKES = [
    ({"system": "nowhere"}, "there is no system 'nowhere', only "),
    ({"stage": "a/b"}, "stage is 'a/b'"),
    ({"target": "moon"}, "target is 'moon'"),
]


@pytest.mark.parametrize(("context", "message"), MISTAKES)
def test_a_mistake_on_the_command_line_is_one_readable_line(
    context: dict[str, str], message: str, tmp_path: Path
) -> None:
    found = app.main({**CONTEXT, **context}, str(tmp_path / "out"))
    assert found
    assert found.startswith(message)
    assert len(found.splitlines()) == 1
    assert list(tmp_path.rglob("*.template.json")) == []


def test_a_mistake_ends_the_process_with_its_message_and_exit_code_1(tmp_path: Path) -> None:
    context, message = MISTAKES[1]
    done = run(ROOT, tmp_path / "out", **context)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert len(done.stderr.strip().splitlines()) == 1


def test_problems_of_the_topology_are_listed_with_their_fixes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = System(name="broken", services=(Service(name="Audit", consumers=(Consumer("a"),)),))
    monkeypatch.setattr(app, "find", {"broken": broken}.__getitem__)
    message = app.main({**CONTEXT, "system": "broken"}, str(tmp_path))
    assert message
    assert "broken:\n- Audit.a: " in message
    assert "Fix: " in message


@pytest.mark.parametrize("error", app.EXPECTED)
def test_every_expected_error_is_a_message(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise error("system", []) if error is TopologyError else error("why, and what to do")

    monkeypatch.setattr(app, "build", fail)
    message = app.main(CONTEXT, str(tmp_path))
    assert message
    assert "problems" in message or message == "why, and what to do"
