"""The project as a team has it that took every example out and wrote one service of its own."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

from ops.local import environment
from ops.paths import ROOT
from tests import project

CONTRACT: Final = '''"""What Greenhouse accepts and publishes."""

from typing import ClassVar

from contracts.message import Command, Event


class WaterPlant(Command, frozen=True, kw_only=True):
    """Water a plant."""

    msg_tag: ClassVar[str] = "WaterPlant"

    plant: str


class PlantWatered(Event, frozen=True, kw_only=True):
    """A plant has water."""

    msg_tag: ClassVar[str] = "PlantWatered"

    plant: str
'''
HANDLER: Final = '''"""The handlers of Greenhouse."""

from contracts.greenhouse import PlantWatered, WaterPlant
from messaging import Consumer, Context

plants = Consumer()


@plants.on(WaterPlant)
def water(command: WaterPlant, context: Context) -> None:
    """Water the plant and publish it."""
    context.publish(PlantWatered(plant=command.plant))
'''
SYSTEM: Final = '''"""Home Garden: one service, which waters plants."""

from contracts.greenhouse import PlantWatered, WaterPlant
from topology.model import Consumer, Service, System

greenhouse = Service(
    name="Greenhouse",
    publishes=(PlantWatered,),
    consumers=(Consumer("plants", accepts=(WaterPlant,)),),
)

system = System(name="home-garden", services=(greenhouse,))
'''
TEST: Final = """import pytest

from contracts.greenhouse import PlantWatered, WaterPlant
from greenhouse.handler import plants
from messaging.testing import ConsumerHarness


@pytest.mark.usefixtures("mocked_aws")
def test_a_watered_plant_is_published() -> None:
    harness = ConsumerHarness(publishes=(PlantWatered,))
    harness.send(WaterPlant(plant="fern"))
    harness.run_until_idle(plants)
    assert [each.read(PlantWatered) for each in harness.published()] == [PlantWatered(plant="fern")]
"""
OWN: Final[Mapping[str, str]] = {
    "lambdas/contracts/greenhouse.py": CONTRACT,
    "lambdas/greenhouse/__init__.py": '"""Greenhouse: waters plants."""\n',
    "lambdas/greenhouse/handler.py": HANDLER,
    "systems/home_garden.py": SYSTEM,
    "tests/services/test_greenhouse.py": TEST,
}
# The team edits these, and no project is without them.
EDITED: Final = (PurePath("cdk.json"), PurePath("lambdas/requirements.txt"))
# These texts name the new service, and would run themselves.
LEFT_OUT: Final = ("without_examples.py", "test_without_examples.py")
# What makes another run quicker: packages of layers, and types that mypy knows.
CACHES: Final = (".waystation/layers", ".mypy_cache")


def make(folder: Path) -> None:
    """Write the project into a new folder, with an environment of its own."""
    for path in project.files():
        if path.name not in LEFT_OUT and (path in EDITED or not project.is_team(path)):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, folder / path)
    for name, text in OWN.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    settings: Any = json.loads((folder / "cdk.json").read_text())
    settings["context"]["system"] = "home-garden"
    (folder / "cdk.json").write_text(json.dumps(settings, indent=2) + "\n")
    # Ruff reads `.gitignore` in a repository only.
    (folder / ".git").mkdir()
    for cache in CACHES:
        if (ROOT / cache).is_dir():
            shutil.copytree(ROOT / cache, folder / cache)
    _make_environment(folder)


def _make_environment(folder: Path) -> None:
    """Make a virtual environment that has this one's packages and the copy's code."""
    own = folder / ".venv"
    venv.create(own, symlinks=True)
    packages = Path(sysconfig.get_path("purelib"))
    paths = f"{packages}\n{folder / 'lambdas'}\n"
    (own / packages.relative_to(sys.prefix) / "waystation.pth").write_text(paths)
    for program in Path(sysconfig.get_path("scripts")).iterdir():
        if not (own / "bin" / program.name).exists():
            (own / "bin" / program.name).symlink_to(program)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder and environment, as the launcher does."""
    variables = {"PYTHONPATH": str(folder), "CDK_OUTDIR": str(folder / "cdk.out")}
    return subprocess.run(
        [folder / ".venv" / "bin" / "python", "-P", *arguments],
        cwd=folder,
        env={**environment.own(os.environ), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
