"""Packages: a function imports what it can import on AWS, and nothing else of this machine.

MiniStack runs functions with its own Python, whose virtual environment has all packages of the
project: an import that AWS lacks works here. With this patch a function sees the standard library,
its own code, its layers, and the packages of Lambda's Python runtime. Source: "Python runtimes" and
"Packaging Python functions" in the Lambda developer guide.
"""

import importlib.util
import tempfile
from pathlib import Path
from typing import Final

from ministack.core import lambda_runtime

from ops.emulator_patches.replacing import replace_text

# The SDK and what it depends on.
PROVIDED: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")

_BEGIN: Final = "\nimport sys, json, importlib, traceback, os, time\n"


def _provide() -> Path:
    """Return a folder with links to the packages that the runtime provides."""
    folder = Path(tempfile.mkdtemp(prefix="runtime-"))
    for name in PROVIDED:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"the package {name} of Lambda's runtime is not installed")
        source = Path(spec.origin)
        source = source.parent if source.name == "__init__.py" else source
        (folder / source.name).symlink_to(source)
    return folder


def _restriction(folder: Path) -> str:
    """Return code that takes all but the standard library from the path, and adds the folder."""
    return f"""
import sys, sysconfig
sys.path[:] = [
    each for each in sys.path
    if each.endswith(".zip")
    or each.startswith(sysconfig.get_path("stdlib")) and "-packages" not in each
] + [{str(folder)!r}]
"""


replace_text(lambda_runtime, "_PYTHON_WORKER_SCRIPT", _BEGIN, _BEGIN + _restriction(_provide()))
