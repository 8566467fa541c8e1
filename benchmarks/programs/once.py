"""Import a module, hand its handler one batch, and end: a cold start.

Arguments: the module, and the file with the event.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.programs.context import Context

event = json.loads(Path(sys.argv[2]).read_text())
started = time.perf_counter()
answer = importlib.import_module(sys.argv[1]).handler(event, Context())
sys.stderr.write(f"{time.perf_counter() - started}\n")
sys.stderr.flush()
# Without tearing down, which Lambda does not do either.
os._exit(1 if answer["batchItemFailures"] else 0)
