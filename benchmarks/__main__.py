"""`python -m benchmarks [name] [--json]`, the same as `./waystation bench`."""

import argparse
import sys

from benchmarks.main import run
from benchmarks.suite import SUITE

parser = argparse.ArgumentParser(prog="benchmarks", description="Compare ours with the peer.")
parser.add_argument("name", nargs="?", choices=sorted(SUITE))
parser.add_argument("--json", action="store_true", help="print JSON")
options = parser.parse_args()
sys.exit(run(options.name, as_json=options.json))
