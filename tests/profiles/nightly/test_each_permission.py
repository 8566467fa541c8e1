"""Each permission that is used is needed: without it a flow that uses it fails, but for calls
whose failure the runtime tolerates (`taking.TOLERATED`): these are denied.

Run by its path, `./waystation test tests/profiles/nightly`. It takes most of an hour, and shows a
line for each permission. `WAYSTATION_ONLY=travel-Post` in front takes away those only whose
role, action or resource contains this text.
"""

import json
import os
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.profiles import flows

TAKING: Final = "tests.profiles.nightly.taking"


@pytest.mark.timeout(3_600)
def test_without_a_permission_a_flow_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, only = tmp_path / "results.json", os.environ.get("WAYSTATION_ONLY", "")
    options = ("--results", str(results), "--only", only, "-s")
    with capsys.disabled():
        done = flows.record(
            tmp_path / "permissions.json", *options, plugins=(TAKING,), output=sys.stdout
        )
    assert done.returncode == 0
    unharmed = [
        each for each in json.loads(results.read_text()) if not (each["failed"] or each["denied"])
    ]
    assert not unharmed, "\n".join(
        [
            "no flow fails without:",
            *(f"{each['permission']}  {each['unharmed']} {each['broken']}" for each in unharmed),
        ]
    )
