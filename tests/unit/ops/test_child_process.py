import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ops.paths import ROOT
from ops.polling import wait_until
from ops.quality import child_process

# Ends as `./waystation` does: a signal is an exception.
PARENT = """
import pathlib, signal, sys
from ops.quality import child_process
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
child_process.run(pathlib.Path.cwd(), "parent")
"""
CHILD = "import subprocess, pathlib\np = subprocess.Popen(['sleep', '60'])\n"
CHILD += "pathlib.Path('new').write_text(str(p.pid)); pathlib.Path('new').rename('pid'); p.wait()\n"


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_that_of_the_module(tmp_path: Path, code: int) -> None:
    (tmp_path / "module.py").write_text("import sys; sys.exit(int(sys.argv[1]))")
    assert child_process.run(tmp_path, "module", str(code)) == code


def test_ended_by_a_signal_it_leaves_no_child(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(CHILD)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=tmp_path, env=environment) as parent:
        wait_until((tmp_path / "pid").exists, "the child")
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(15) == 128 + signal.SIGTERM
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
