"""Import a module and hand its handler batches, as told: a warm function.

Argument: the module. Each line on stdin is a number of records; the answer on stderr is the number
of seconds a record took.
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
        answer = function.handler(event, Context())
    seconds = time.perf_counter() - started
    if answer["batchItemFailures"]:
        sys.exit("a record failed")
    sys.stderr.write(f"{seconds / rounds / int(line)}\n")
    sys.stderr.flush()
