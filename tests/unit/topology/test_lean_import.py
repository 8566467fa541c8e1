"""The map loads without the libraries that build or call AWS."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
import systems.wild_rydes, topology.checks, topology.filters.matching
topology.checks.check(systems.wild_rydes.system)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_loading_and_checking_the_map_imports_nothing_of_aws() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))

    assert {"topology", "contracts", "msgspec"} <= loaded
    assert loaded & {"aws_cdk", "boto3", "botocore", "constructs", "jsii"} == set()
