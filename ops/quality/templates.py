"""Synthesize every system as for AWS and lint its templates: `python -m ops.quality.templates`.

With and without a customer key, which is another set of templates.
"""

import json
import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

from ops.local import environment
from ops.paths import ROOT, STATE
from topology.registry import systems

# W3005: the CDK writes a DependsOn that a reference implies already; harmless and not ours.
_IGNORED = "W3005"


def synthesize(system: str, customer_key: bool, folder: Path) -> int:
    """Write the templates of a system for AWS into a folder; return the exit code."""
    shutil.rmtree(folder, ignore_errors=True)
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | {
        "system": system,
        "target": "aws",
        "customer_key": customer_key,
    }
    variables = {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    env = environment.own(os.environ) | variables
    return subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=env, check=False).returncode


def lint(folder: Path) -> int:
    """Lint every template of a folder; return the exit code."""
    templates = sorted(str(path) for path in folder.glob("*.template.json"))
    if not templates:
        return 1
    linter = str(Path(sys.executable).parent / "cfn-lint")
    command = [linter, "--ignore-checks", _IGNORED, "--", *templates]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Return 0 if every system synthesizes and every template is clean."""
    codes = []
    for system, customer_key in product(systems(), (False, True)):
        folder = STATE / "check" / (f"{system}-key" if customer_key else system)
        codes.append(synthesize(system, customer_key, folder) or lint(folder))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
