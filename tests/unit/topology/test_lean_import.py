"""The topology loads without the libraries that build or call AWS."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
import topology.checks, topology.filters.matching
from tests.systems.travel.system import system
topology.checks.check(system)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_loading_and_checking_a_topology_imports_no_aws_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))

    assert {"topology", "contracts", "msgspec"} <= loaded
    assert loaded & {"aws_cdk", "boto3", "botocore", "constructs", "jsii"} == set()
