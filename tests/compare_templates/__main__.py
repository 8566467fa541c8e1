"""Compare the templates of two revisions: `python -m tests.compare_templates BASE_REV [--words]
[--system NAME …]`.

Every system is synthesized from BASE_REV and from the working tree, for AWS and for the emulator,
with and without customer key. Each difference is a line, `path: old → new`. The exit code is 1 if
templates differ in more than hashes of assets; with `--words` in more than names of fields in the
settings, names of handlers and texts for people.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from ops.local import environment
from ops.paths import ROOT
from tests.compare_templates.differences import HASHES, WORDS, Rule, differences, expand

# By system, target and key; then by name.
Stacks = Mapping[str, Mapping[str, Any]]
LAYERS: Final = Path(".waystation") / "layers"
SCRIPT: Final = Path(__file__).with_name("synthesize.py")


def checkout(revision: str, folder: Path) -> Path:
    """Write the files of a revision into a folder that shares this tree's layers; return it."""
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", revision], cwd=ROOT, stdout=subprocess.PIPE, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    (folder / LAYERS).parent.mkdir()
    (ROOT / LAYERS).mkdir(parents=True, exist_ok=True)
    (folder / LAYERS).symlink_to(ROOT / LAYERS)
    return folder


def synthesize(tree: Path, out: Path) -> Stacks:
    """Synthesize every system of a tree and return its stacks."""
    paths = {"PYTHONPATH": os.pathsep.join((str(tree), str(tree / "lambdas")))}
    # -P: the script's own folder is no place to import from.
    command = [sys.executable, "-P", str(SCRIPT), str(out)]
    subprocess.run(command, cwd=tree, env=environment.own(os.environ) | paths, check=True)
    return {each.parent.name: _stacks(each) for each in sorted(out.glob("*/manifest.json"))}


def _stacks(manifest: Path) -> dict[str, Any]:
    """Return the template of each stack of an assembly, and the stacks that it depends on."""
    found: dict[str, Any] = {}
    for name, artifact in json.loads(manifest.read_text())["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack":
            file = manifest.parent / artifact["properties"]["templateFile"]
            dependencies = {"Dependencies": artifact.get("dependencies", [])}
            found[name] = expand(json.loads(file.read_text())) | dependencies
    return found


def report(old: Stacks, new: Stacks, rules: Sequence[Rule]) -> Iterator[str]:
    """Yield lines: differences, what was compared, what was ignored; return whether all is same."""
    ignored: Counter[str] = Counter()
    for name in old.keys() & new.keys():
        for each in differences(old[name], new[name], rules, name):
            ignored[each.ignored or ""] += 1
            if not each.ignored:
                yield str(each)
    for name in sorted(old.keys() ^ new.keys()):
        yield f"not compared, only in {'BASE_REV' if name in old else 'the working tree'}: {name}"
    yield f"{sum(len(new[name]) for name in old.keys() & new.keys())} templates compared:"
    yield from (f"  {name}" for name in new if name in old)
    yield from (f"{ignored[rule.name]} differences ignored: {rule.name}" for rule in rules)
    yield f"{ignored['']} differences"


def main() -> int:
    """Print the report; return 1 if the templates differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base", metavar="BASE_REV", help="the revision to compare with")
    parser.add_argument("--words", action="store_true", help="ignore names and texts for people")
    parser.add_argument("--system", action="append", help="compare this system only; repeatable")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor() as pool:
        folder = Path(temporary)
        trees = (checkout(given.base, folder / "base"), ROOT)
        old, new = pool.map(synthesize, trees, (folder / "old", folder / "new"))
    if given.system:
        old, new = (
            {name: each for name, each in found.items() if name.partition(",")[0] in given.system}
            for found in (old, new)
        )
    rules = WORDS if given.words else HASHES
    line = ""
    for line in report(old, new, rules):
        sys.stdout.write(f"{line}\n")
    return line != "0 differences"


if __name__ == "__main__":
    sys.exit(main())
