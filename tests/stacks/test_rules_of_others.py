"""cdk-nag and cfn-lint on the systems of tests; `check` runs them on those of systems/."""

import subprocess
import sys
from pathlib import Path

import pytest

from stacks.deployment import Deployment
from stacks.nag import findings
from tests.stacks.conftest import Code
from tests.stacks.conversations import system as talks
from tests.stacks.synthesis import synthesize
from tests.warehouse.system import system as warehouse
from topology import model

with_and_without_key = pytest.mark.parametrize("customer_key", [False, True])
every_test_system = pytest.mark.parametrize(
    "system", [warehouse, talks], ids=lambda system: system.name
)


@every_test_system
@with_and_without_key
def test_cdk_nag_finds_nothing_unexplained(
    code: Code, system: model.System, customer_key: bool
) -> None:
    assert findings(system, Deployment(customer_key=customer_key, lambdas=code(system))) == []


@every_test_system
@with_and_without_key
def test_cfn_lint_finds_nothing(
    code: Code, system: model.System, customer_key: bool, tmp_path: Path
) -> None:
    made = synthesize(system, Deployment(customer_key=customer_key, lambdas=code(system)), tmp_path)
    linter = Path(sys.executable).parent / "cfn-lint"
    templates = [tmp_path / name for name in made.bodies()]
    done = subprocess.run(
        # W3005: as in `ops/quality/templates.py`.
        [linter, "--ignore-checks", "W3005", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
