"""A warm function: import a module and run its handler with one batch after another.

Arguments: the module, and the file with the events by their number of records. Each line on stdin
is a number of records; the line on stderr for it is the seconds that one record took.
"""

import importlib
import json
import sys
import time
from pathlib import Path

from benchmarks.programs.context import Context

function = importlib.import_module(sys.argv[1])
events = json.loads(Path(sys.argv[2]).read_text())
for line in sys.stdin:
    event, rounds = events[line.strip()], max(1, 2_000 // int(line))
    started = time.perf_counter()
    for _ in range(rounds):
        result = function.handler(event, Context())
    seconds = time.perf_counter() - started
    if result["batchItemFailures"]:
        sys.exit("a record failed")
    sys.stderr.write(f"{seconds / rounds / int(line)}\n")
    sys.stderr.flush()
