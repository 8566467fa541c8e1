"""The service in four steps of README.md works as it is written there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import topology

ROOT = Path(topology.__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
# A file of the example: its path, then its content.
FILE = re.compile(r"`([\w/]+\.py)`:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SCRIPT = """
from topology.checks import check
from topology.registry import find
import shipping.handler, shop.handler

system = find("shop")
check(system)
shop_service, shipping_service = system.services
assert shop.handler.api.routes == set(shop_service.api.routes)
(consumer,) = shipping_service.consumers
assert shipping.handler.orders.handles == set(consumer.messages)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the topology, the runtime and the files of the README, without examples."""
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("topology", "lambdas/messaging"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    for name in ("__init__.py", "message.py", "timeout.py"):
        target = tmp_path / "lambdas" / "contracts" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "lambdas" / "contracts" / name, target)
    for name, content in FILE.findall(README):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_every_snippet_is_a_file_of_the_example() -> None:
    assert README.count("```python") == len(FILE.findall(README)) == 4


def test_the_example_has_no_problems_and_its_handlers_fit_its_topology(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=project,
        env={"PYTHONPATH": f"{project}:{project / 'lambdas'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
