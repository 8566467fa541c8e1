"""Both contenders ready to run: packages as each would deploy them, and environment variables."""

import compileall
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from messaging.policy import Guarantee, RetryPolicy
from messaging.settings import ConsumerSettings, Settings
from ops.local import environment
from ops.paths import ROOT

FUNCTIONS: Final = "benchmarks.functions"
WAYSTATION: Final = f"{FUNCTIONS}.waystation"
POWERTOOLS: Final = f"{FUNCTIONS}.powertools"
_POWERTOOLS_PACKAGES: Final = ("aws-lambda-powertools[parser]", "pydantic")
# Part of Lambda's own runtime.
_RUNTIME_PACKAGES: Final = ("boto3",)
_BUILD_LAYER: Final = (
    "import pathlib, stacks.compute.layer as l; "
    "print(l.build_layer(pathlib.Path('lambdas').resolve(), 'local'))"
)


@dataclass(frozen=True)
class Contenders:
    """Folders: Waystation's layer, Powertools' packages, Lambda's runtime, the code."""

    waystation: Path
    powertools: Path
    runtime: Path
    code: Path

    def path(self, module: str) -> str:
        """Return the PYTHONPATH of a contender's module in a process of its own."""
        packages = self._packages(module)
        return os.pathsep.join(str(each) for each in (self.code, packages, self.runtime))

    def layer(self, module: str) -> bytes:
        """Return the layer of a contender's module as a zip file."""
        return zipped(self._packages(module), "python/")

    def _packages(self, module: str) -> Path:
        return self.waystation if module == WAYSTATION else self.powertools


def build(home: Path) -> Contenders:
    """Build everything below `home`, with bytecode, which saves both contenders the compiler."""
    folders = (home / name for name in ("waystation", "powertools", "runtime", "code"))
    contenders = Contenders(*folders)
    shutil.copytree(_layer() / "python", contenders.waystation)
    _install(_POWERTOOLS_PACKAGES, contenders.powertools)
    _install(_RUNTIME_PACKAGES, contenders.runtime)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("__init__.py", "functions", "programs"):
        source, target = ROOT / "benchmarks" / name, contenders.code / "benchmarks" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copy(source, target)
    compileall.compile_dir(home, quiet=2)
    return contenders


def _layer() -> Path:
    # In a process of its own: stacks import aws_cdk.
    env = environment.own(os.environ) | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'lambdas'}"}
    done = subprocess.run(
        [sys.executable, "-c", _BUILD_LAYER],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    return Path(done.stdout.strip())


def _install(packages: tuple[str, ...], target: Path) -> None:
    pins = ("--constraint", str(ROOT / "requirements.txt"))
    command = [find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, *pins]
    subprocess.run([*command, "--target", str(target), *packages], check=True)


def zipped(folder: Path, prefix: str = "") -> bytes:
    """Return a folder as a zip file, without bytecode, as CDK uploads assets."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, f"{prefix}{path.relative_to(folder)}")
    return content.getvalue()


def variables(
    *,
    queue: str = "",
    dead_letters: str = "",
    table: str = "",
    guarantee: Guarantee = "at-least-once",
    senders: tuple[str, ...] = (),
) -> Mapping[str, str]:
    """Return the environment variables of a function, for both contenders; `senders` are the ids
    of the roles whose copies count as retries.
    """
    consumer = ConsumerSettings(
        name="orders",
        queue_url=queue,
        dead_letter_queue_url=dead_letters,
        retry=RetryPolicy(),
        guarantee=guarantee,
        senders=senders,
    )
    config = Settings(
        stage="bench", service="Shop", msg_out_arn="", idempotency_table=table, consumer=consumer
    )
    powertools = {"POWERTOOLS_SERVICE_NAME": "Shop", "BENCH_TABLE": table}
    return {**config.to_environment(), **powertools}
