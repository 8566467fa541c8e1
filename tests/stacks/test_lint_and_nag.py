"""cdk-nag and cfn-lint on the systems of tests; `check` runs them on those of systems/."""

import subprocess
import sys
from pathlib import Path

import pytest

from stacks.deployment import Deployment
from stacks.nag import findings
from tests.stacks.conftest import Code
from tests.stacks.synthesis import synthesize
from tests.systems.catalog import SYSTEMS
from topology import model

# A service that only invokes others has nothing to encrypt: it looks up a key and uses none.
UNUSED_KEY = pytest.mark.xfail(strict=True, reason="W2001: Passports does not use its key")
every_deployment = pytest.mark.parametrize(
    ("system", "customer_key"),
    [
        pytest.param(
            system,
            key,
            id=f"{name}-key" if key else name,
            marks=UNUSED_KEY if (name, key) == ("travel", True) else (),
        )
        for name, system in SYSTEMS.items()
        for key in (False, True)
    ],
)


@every_deployment
def test_cdk_nag_finds_nothing_unexplained(
    code: Code, system: model.System, customer_key: bool
) -> None:
    assert findings(system, Deployment(customer_key=customer_key, lambdas=code(system))) == []


@every_deployment
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
