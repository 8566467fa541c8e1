"""MiniStack 1.5.33 with some faults mended, so that it does what AWS does where it matters here.

Each topic is a module of its own; importing it mends. What it replaces was looked at in this
version: MiniStack does not start where another one looks different.

logs    what a function prints is all there when its answer is
errors  an exception of a function is answered with its class
fifo    FIFO topics keep message groups, and with them the order
cors    HTTP APIs out of a template answer browsers
"""

import sys
from pathlib import Path

from ministack.app import app

# Hypercorn imports this file by its path, with its folder in sys.path; last, to shadow nothing.
sys.path.append(str(Path(__file__).parents[2]))

from ops.emulator_patches import cors, errors, fifo, logs

__all__ = ["app", "cors", "errors", "fifo", "logs"]
