"""Check every system with the rules of cdk-nag: `python -m stacks.nag`."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from stacks.deployment import Deployment
from stacks.system import build, find_extensions
from topology.model import System
from topology.registry import systems

CDK = Path(__file__).resolve().parent.parent / "cdk.json"
# The report has more details than the exception that a failing synthesis would raise.
REPORT_ONLY = {"@aws-cdk/core:failSynthOnValidationErrors": False}


def findings(system: System, deployment: Deployment) -> list[str]:
    """Return the findings in a system that are not suppressed, one line per construct."""
    context = json.loads(CDK.read_text())["context"]
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder, context={**context, **REPORT_ONLY})
        build(app, system, deployment, find_extensions(systems().values()))
        Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
        app.synth()
        report = json.loads((Path(folder) / "validation-report.json").read_text())
    return list(_lines(report))


def _lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield the violations of every plugin of a report."""
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            for place in violation["violatingConstructs"]:
                where = place.get("constructPath") or place.get("resourceLogicalId")
                yield f"{violation['ruleName']} at {where}: {violation['description']}"


def main() -> int:
    """Print all findings, with and without customer key; return 1 if there are any."""
    deployments = (Deployment(), Deployment(customer_key=True))
    found = [
        line
        for system in systems().values()
        for each in deployments
        for line in findings(system, each)
    ]
    for line in found:
        sys.stdout.write(f"{line}\n")
    fix = "Change the resource, or suppress the rule with a reason where the resource is made.\n"
    sys.stdout.write(fix if found else f"No findings in {', '.join(systems())}.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
