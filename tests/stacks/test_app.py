import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import app
from stacks.compute.layer import CACHE
from tests.stacks.conftest import Code, Synthesized
from tests.stacks.synthesis import CONTEXT, ROOT, Assembly, read
from tests.systems.warehouse import system as warehouse
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

from contracts.warehouse import Moved
from messaging import Consumer, Context

moves = Consumer()


@moves.on(Moved)
def look_up(moved: Moved, context: Context) -> None:
    """Look at the sky."""
'''
SERVICE = """
import dataclasses

from contracts.weather import StormComing

weather = Service(
    name="Weather",
    publishes=(StormComing,),
    consumers=(Consumer("moves", listens_to=(On(Moved),)),),
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
def tree(tmp_path: Path, assembly: Synthesized, code: Code) -> Path:
    """A copy of the project with a layer cache and the system warehouse."""
    assembly(warehouse.system)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("stacks", "topology"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for path in (tmp_path / "stacks" / "extensions").glob("[!_]*.py"):
        path.unlink()
    shutil.copytree(code(warehouse.system), tmp_path / "lambdas", ignore=ignored)
    (tmp_path / "systems").mkdir()
    source = Path(warehouse.__file__).read_text()
    source = source.replace("tests.systems.warehouse.lambdas.contracts", "contracts")
    (tmp_path / "systems" / "warehouse.py").write_text(source)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(CACHE, tmp_path / CACHE.relative_to(ROOT))
    return tmp_path


def test_synthesizing_again_elsewhere_is_the_same_to_the_byte(
    assembly: Synthesized, tree: Path, tmp_path: Path
) -> None:
    done = run(tree, tmp_path / "out", system="warehouse")
    assert (done.returncode, done.stderr) == (0, "")
    assert read(tmp_path / "out").bodies() == assembly(warehouse.system).bodies()


def test_four_steps_make_a_service(assembly: Synthesized, tree: Path, tmp_path: Path) -> None:
    (tree / "lambdas" / "contracts" / "weather.py").write_text(CONTRACT)
    (tree / "lambdas" / "weather").mkdir()
    (tree / "lambdas" / "weather" / "handler.py").write_text(HANDLER)
    with (tree / "systems" / "warehouse.py").open("a") as file:
        file.write(SERVICE + PLACE)
    done = run(tree, tmp_path / "out", system="warehouse")
    assert (done.returncode, done.stderr) == (0, "")
    _assert_complete(read(tmp_path / "out"))


def _assert_complete(made: Assembly) -> None:
    """The new service has its topics, its queue, and its subscription to an event."""
    assert made.templates["dev-WeatherChannels"].outputs.keys() == {"MsgIn", "MsgOut"}
    template = made.templates["dev-Weather"]
    function = template.properties(template.announced("MovesFunction"))
    assert function["Handler"] == "weather.handler.moves"
    assert (made.asset(function["Code"]) / "weather" / "handler.py").read_text() == HANDLER
    (subscription,) = template.of("AWS::SNS::Subscription").values()
    assert subscription["Properties"]["FilterPolicy"] == {"msgTag": ["Moved"]}
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
