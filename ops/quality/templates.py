"""Synthesize every system for AWS and lint all templates: `python -m ops.quality.templates`.

Each system is synthesized with and without a customer key, which gives different templates; the
systems of the tests, which use what no example uses, too.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final

from ops.local import environment
from ops.paths import ROOT, STATE
from topology.registry import systems

_FOLDER: Final = STATE / "check"
# W3005: the CDK writes a DependsOn that a reference implies already; it is harmless.
_IGNORED: Final = "W3005"


def synthesize(system: str, customer_key: bool, folder: Path) -> int:
    """Write the templates of a system for AWS into a folder; return the exit code."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | {
        "system": system,
        "target": "aws",
        "customer_key": customer_key,
    }
    variables = {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    return _run([sys.executable, "app.py"], **variables)


def synthesize_systems_of_tests(folder: Path) -> int:
    """Write the templates of the tests' own systems into a folder; return the exit code."""
    return _run([sys.executable, "-m", "tests.stacks.templates", str(folder)])


def lint(templates: Sequence[Path]) -> int:
    """Lint templates in one process; return the exit code."""
    linter = Path(sys.executable).parent / "cfn-lint"
    return _run([str(linter), "--ignore-checks", _IGNORED, "--", *map(str, templates)])


def _run(command: Sequence[str], **variables: str) -> int:
    env = environment.own(os.environ) | variables
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def main() -> int:
    """Return 0 if every system synthesizes and every template is clean."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    codes = [
        synthesize(system, customer_key, _FOLDER / (f"{system}-key" if customer_key else system))
        for system, customer_key in product(systems(), (False, True))
    ]
    codes.append(synthesize_systems_of_tests(_FOLDER / "tests"))
    return max(codes) or lint(sorted(_FOLDER.rglob("*.template.json")))


if __name__ == "__main__":
    sys.exit(main())
