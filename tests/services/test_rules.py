"""The rules that hold for every system of the tests hold for the systems of `systems/` too."""

import subprocess
import sys

import pytest

from ops.paths import ROOT


@pytest.mark.timeout(600)
@pytest.mark.parametrize("folder", ["tests/stacks", "tests/unit/systems"])
def test_the_rules_hold_for_every_system(folder: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "every", "--systems", "team", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
