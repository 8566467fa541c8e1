"""The Lambda layer (packages, messaging, contracts), built without Docker and cached by content."""

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from stacks.deployment import Target

CACHE: Final = Path(__file__).resolve().parents[2] / ".waystation" / "layers"
OWN: Final = ("contracts", "messaging")
# `testing` is the test kit.
UNUSED: Final = ("__pycache__", "testing")
# python3.14 on Lambda is Amazon Linux 2023 (glibc 2.34), so it runs wheels made for glibc 2.28.
AWS_WHEELS: Final = (
    *("--python-version", "3.14", "--python-platform", "aarch64-manylinux_2_28"),
    *("--only-binary", ":all:"),
)
# Files of the installer that differ from run to run.
NOTES: Final = (
    ".lock",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
)


class LayerNotBuilt(RuntimeError):
    """The Lambda layer could not be built.

    Go online once and try again: afterwards the layer comes from `.waystation/layers`.
    For AWS every package in `lambdas/requirements.txt` needs a wheel for Python 3.14 on arm64.
    """


def build_layer(lambdas: Path, target: Target, cache: Path = CACHE) -> Path:
    """Return the folder with the content of the layer; raises LayerNotBuilt."""
    packages = _packages(lambdas / "requirements.txt", target, cache)
    own = sorted(
        path.relative_to(lambdas) for name in OWN for path in (lambdas / name).rglob("*.py")
    )
    used = [path for path in own if not set(path.parts) & set(UNUSED)]
    parts = [part for path in used for part in (str(path).encode(), (lambdas / path).read_bytes())]
    layer = cache / f"layer-{_digest((packages.name.encode(), *parts))}"
    if not layer.exists():
        with _atomically(layer) as content:
            shutil.copytree(packages, content / "python")
            for name in OWN:
                ignored = shutil.ignore_patterns(*UNUSED)
                shutil.copytree(lambdas / name, content / "python" / name, ignore=ignored)
            _normalize(content)
    return layer


def install(requirements: Path, folder: Path, target: Target) -> None:
    """Install the requirements into a folder with uv; raises LayerNotBuilt."""
    wheels = AWS_WHEELS if target == "aws" else ("--python", sys.executable)
    command = (
        find_uv_bin(),
        "pip",
        "install",
        "--quiet",
        "--target",
        folder,
        *wheels,
        "-r",
        requirements,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LayerNotBuilt(
            f"{(LayerNotBuilt.__doc__ or '').strip()}\n\nOutput of uv:\n{done.stderr.strip()}"
        )


def _packages(requirements: Path, target: Target, cache: Path) -> Path:
    """Return the folder with third-party packages, cached apart: they change less often."""
    host = (platform.platform(), sys.version)
    runs_on = AWS_WHEELS if target == "aws" else host
    packages = cache / f"packages-{_digest((requirements.read_bytes(), repr(runs_on).encode()))}"
    if not packages.exists():
        with _atomically(packages) as content:
            install(requirements, content, target)
            for pattern in NOTES:
                for note in content.glob(pattern):
                    note.unlink()
    return packages


def _digest(parts: Iterable[bytes]) -> str:
    """Return a short hash of the parts and their boundaries."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


@contextmanager
def _atomically(folder: Path) -> Iterator[Path]:
    """Yield an empty folder; rename it to `folder` unless the block raises."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as temporary:
        content = Path(temporary) / "content"
        content.mkdir()
        yield content
        try:
            content.rename(folder)
        except OSError:
            # Another process may have built the same content at the same time.
            if not folder.is_dir():
                raise


def _normalize(content: Path) -> None:
    """Make all files readable whatever the umask: Lambda runs as another user."""
    for path in (content, *content.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
