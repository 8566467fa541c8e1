"""How long it takes to load and check the map, next to `import aws_cdk`; run with `python -m`.

Both run in processes of their own, taking turns, timed from start to exit: what a person waits for.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
OURS = "import topology.wild_rydes as m, topology.checks as c; c.check(m.system)"
THEIRS = "import aws_cdk"


def seconds(script: str) -> float:
    """Return how long a fresh process takes to run a script."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


def measure(runs: int) -> dict[str, Any]:
    """Return the medians in milliseconds of both scripts and their ratio."""
    for script in (OURS, THEIRS):
        seconds(script)
    pairs = [(seconds(OURS), seconds(THEIRS)) for _ in range(runs)]
    ours, theirs = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    return {
        "name": "map_load",
        "ratio": round(ours / theirs, 3),
        "ours": round(ours, 1),
        "theirs": round(theirs, 1),
        "unit": "ms",
        "runs": runs,
        "notes": "fresh processes in turn: map loaded and checked / import aws_cdk; goal <= 0.2",
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the result as a sentence, or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--runs", type=int, default=15, help="runs of each, alternating (15)")
    options = parser.parse_args(arguments)
    result = measure(options.runs)
    if options.json:
        text = json.dumps([result])
    else:
        text = (
            f"map loaded and checked in {result['ours']} ms, aws_cdk imported in "
            f"{result['theirs']} ms (medians of {result['runs']}): {result['ratio']} of the time"
        )
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
