"""Keep what a version deploys, so that upgrades from it can be tested later.

`python -m tests.upgrades.keep` synthesizes the tests' own systems that have code, for the emulator,
and writes `tests/upgrades/<version>/<system>.zip`: the cloud assembly, to be unpacked and given to
`cdk deploy --app`. Left out are the layer, which is built from the sources of a version, and files
that the CDK CLI does not read. The same sources make the same bytes.
"""

import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ops import __version__
from stacks.deployment import Deployment
from tests.stacks.synthesis import synthesize
from tests.systems import catalog
from topology.model import System

HERE: Final = Path(__file__).parent
# Of all files, so that their names and contents alone decide about the archive.
_TIME: Final = (2020, 1, 1, 0, 0, 0)
_UNREAD: Final = ("tree.json", "validation-report.json")


def kept(version: str = __version__) -> dict[str, Path]:
    """Return where the assembly of each system of a version is kept."""
    systems = (each for each in catalog.SYSTEMS.values() if catalog.has_code(each))
    return {system.name: HERE / version / f"{system.name}.zip" for system in systems}


def write(system: System, archive: Path, folder: Path) -> None:
    """Synthesize a system below `folder` and write its assembly into `archive`."""
    code = catalog.code(system, folder / "lambdas")
    out = folder / "cdk.out"
    synthesize(system, Deployment(stage="local", target="local", lambdas=code), out)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in _files(out):
            info = zipfile.ZipInfo(str(path.relative_to(out)), _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, _content(path))


def _files(out: Path) -> Iterator[Path]:
    """Yield the files of an assembly that a deployment needs, but for the layer."""
    for path in sorted(out.rglob("*")):
        layer = (out / path.relative_to(out).parts[0] / "python").is_dir()
        metadata = path.name.endswith(".metadata.json")
        if path.is_file() and not layer and not metadata and path.name not in _UNREAD:
            yield path


def _content(path: Path) -> bytes:
    """Return a file without what names the machine it was made on."""
    if path.name != "manifest.json":
        return path.read_bytes()
    manifest = json.loads(path.read_text())
    for artifact in manifest["artifacts"].values():
        artifact.pop("metadata", None)
        artifact.get("properties", {}).pop("additionalMetadataFile", None)
        artifact.pop("additionalMetadataFile", None)
    manifest["artifacts"] = {
        name: each for name, each in manifest["artifacts"].items() if each["type"] != "cdk:tree"
    }
    return json.dumps(manifest, indent=1).encode()


def main() -> int:
    """Write the archives of this version; return 1 if they are there already."""
    if existing := [path for path in kept().values() if path.exists()]:
        sys.stderr.write(f"{existing[0]} is kept already; remove it to keep {__version__} anew\n")
        return 1
    for name, archive in kept().items():
        with tempfile.TemporaryDirectory() as folder:
            write(catalog.SYSTEMS[name], archive, Path(folder))
        sys.stdout.write(f"{archive.relative_to(HERE)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
