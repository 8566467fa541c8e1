"""A cold start: import a module, run its handler with one batch, and exit.

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
result = importlib.import_module(sys.argv[1]).handler(event, Context())
sys.stderr.write(f"{time.perf_counter() - started}\n")
sys.stderr.flush()
# Without the clean-up of the interpreter, which Lambda skips, too.
os._exit(1 if result["batchItemFailures"] else 0)
