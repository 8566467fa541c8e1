"""A team takes every example out and adds one service: the checks and the tests below pass.

The project is copied without what a team edits (`tests/project.py` says what that is), a service
with a contract, a handler, a system and a test is added, and the copy is used with this
environment's packages: `app.py`, `./waystation check`, and the tests.

Of the tests run here: all that read the team's folders, and those of templates. Tests of the
runtime (`tests/unit/messaging`) read nothing of a team; they are collected, so that each import
is tried, and run with `--full`, which takes as long as the suite itself.
"""

from pathlib import Path

import pytest

from tests.profiles import without_examples
from tests.profiles.without_examples import run

RUNTIME = "tests/unit/messaging"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the new service and no example."""
    folder = tmp_path_factory.mktemp("project")
    without_examples.make(folder)
    return folder


@pytest.mark.timeout(120)
def test_app_makes_the_templates_of_the_new_service(copy: Path) -> None:
    done = run(copy, "app.py")
    assert (done.returncode, done.stdout) == (0, "")
    found = {path.name for path in copy.glob("cdk.out/*.template.json")}
    assert {"dev-Greenhouse.template.json", "dev-GreenhouseChannels.template.json"} <= found


@pytest.mark.timeout(600)
def test_every_check_passes(copy: Path) -> None:
    done = run(copy, "-m", "ops", "check")
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(120)
def test_every_test_can_be_imported(copy: Path) -> None:
    done = run(copy, "-m", "pytest", "-q", "--collect-only", "tests")
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(1_800)
def test_every_other_test_passes(copy: Path, pytestconfig: pytest.Config) -> None:
    left_out = () if pytestconfig.getoption("--full") else ("--ignore", RUNTIME)
    done = run(
        copy,
        "-m",
        "pytest",
        "-q",
        "tests",
        "--ignore",
        "tests/flows",
        "--ignore",
        "tests/profiles",
        *left_out,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(300)
def test_the_new_service_keeps_every_rule(copy: Path) -> None:
    rules = ("-m", "every", "--systems", "team", "tests/stacks", "tests/unit/systems")
    done = run(copy, "-m", "pytest", "-q", *rules)
    assert done.returncode == 0, done.stdout
