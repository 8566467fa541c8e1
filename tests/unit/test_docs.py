"""Documents: links, quotes, snippets, paths and the version agree with the files of the project."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from ops.paths import ROOT
from tests import project

GUIDES = [ROOT / "docs" / name for name in ("apis.md", "messaging.md", "runtime.md")]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Every document that a team keeps when it takes the examples out.
MANUAL = [
    path
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if not project.is_team(path.relative_to(ROOT))
]
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
# A block of code, and the link to its file on the line above.
QUOTE = re.compile(
    r"^From \[`[^`]+`\]\(([^)]+)\):\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# A path of the project in inline code. Names in <angle brackets> and `{stage}` are placeholders.
PATH = re.compile(
    r"`((?:app\.py|cdk\.json|(?:docs|lambdas|ops|stacks|systems|tests|topology)/[\w/.-]*))`"
)
TREE = re.compile(r"^```\n(app\.py .*?)^```$", re.DOTALL | re.MULTILINE)
# Files and folders that the team may remove.
TEAM = ("docs/examples.md", "tests/services/", "tests/flows/examples/")
# A file that a document tells the reader to write.
NEW_FILE = re.compile(r"`([\w/]+\.py)`:\n\n```python")
# Documents with paths of other versions or of the team.
OTHERS = ("CHANGELOG.md", "examples.md")
VERSION = re.compile(r"^## (\d+\.\d+\.\d+) — \d{4}-\d{2}-\d{2}$", re.MULTILINE)
# The last column of a table of rules, in its first row.
HEADING = "| Test |"
# Pages of rules, each with its test, and the heading of the part that lists what does not hold.
each_page_of_rules = pytest.mark.parametrize(
    ("page", "end"),
    [
        ("emulator.md", "## What differs still"),
        ("security.md", "## What is not protected"),
    ],
)
Imports = dict[str, str]

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.name))


def quotes() -> Iterator[ParameterSet]:
    """Every block that a guide quotes, with its file."""
    for guide in GUIDES:
        for number, (name, block) in enumerate(QUOTE.findall(guide.read_text()), 1):
            yield pytest.param(guide.parent / name, block, id=f"{guide.name}-{number}")


each_quote = pytest.mark.parametrize(("path", "block"), list(quotes()))


def divided(block: str) -> tuple[list[ast.stmt], list[str]]:
    """Return the imports at the start of a block, and its pieces of code after them."""
    body = ast.parse(block).body
    first = next(
        i for i, node in enumerate(body) if not isinstance(node, ast.Import | ast.ImportFrom)
    )
    end = body[first - 1].end_lineno if first else 0
    code = "\n".join(block.splitlines()[end:])
    return body[:first], [piece.strip("\n") for piece in code.split("\n# …\n")]


def imports(nodes: list[ast.stmt]) -> Imports:
    """Return each name that statements import, with the statement for it alone."""
    found: Imports = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            found |= {each.name: f"from {node.module} import {each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {each.name: f"import {each.name}" for each in node.names}
    return found


def used(pieces: list[str]) -> set[str]:
    """Return the names that occur in code."""
    trees = [ast.parse(piece) for piece in pieces]
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}


def tree(text: str) -> Iterator[str]:
    """Yield the paths of a folder tree that is written with an indentation of two spaces."""
    parents: list[str] = []
    for line in text.splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        parents[depth:] = [name]
        yield "".join(parents)


@each_document
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = LINK.findall(document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", MANUAL, ids=lambda path: str(path.name))
def test_the_manual_points_to_no_file_of_a_team(document: Path) -> None:
    links = [document.parent / link for link in LINK.findall(document.read_text())]
    paths = [link.resolve().relative_to(ROOT) for link in links]
    assert [str(path) for path in paths if project.is_team(path)] == []


@each_document
def test_every_path_exists(document: Path) -> None:
    text = document.read_text()
    paths = [] if document.name in OTHERS else PATH.findall(text)
    new = {*NEW_FILE.findall(text), *TEAM}
    assert [path for path in paths if path not in new and not (ROOT / path).exists()] == []


def test_the_tree_of_folders_exists() -> None:
    (text,) = TREE.findall((ROOT / "docs" / "architecture.md").read_text())
    paths = [path for path in tree(text) if "<" not in path]
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []


@each_quote
def test_a_guide_quotes_code_as_it_is(path: Path, block: str) -> None:
    text = path.read_text()
    assert [piece for piece in divided(block)[1] if piece not in text] == []


@each_quote
def test_a_quote_begins_with_the_imports_of_its_code(path: Path, block: str) -> None:
    found, pieces = divided(block)
    names = used(pieces)
    in_file = imports(ast.parse(path.read_text()).body)
    assert imports(found) == {name: line for name, line in in_file.items() if name in names}


@each_guide
def test_all_code_of_a_guide_is_quoted(guide: Path) -> None:
    text = guide.read_text()
    assert len(SNIPPET.findall(text)) == len(QUOTE.findall(text)) > 0


@each_document
def test_every_snippet_begins_with_its_imports(document: Path) -> None:
    snippets = SNIPPET.findall(document.read_text())
    assert [snippet for snippet in snippets if not divided(snippet)[0]] == []


def test_the_index_lists_every_decision() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("0*.md"))


def test_the_newest_version_of_the_changelog_is_the_version_of_the_project() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    newest = VERSION.findall((ROOT / "CHANGELOG.md").read_text())[0]
    assert newest in done.stdout.split()


@each_page_of_rules
def test_the_tests_that_a_page_of_rules_names_exist(page: str, end: str) -> None:
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        if not project.is_team(path.relative_to(ROOT))
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / page).read_text()))
    assert named - defined == set()


@each_page_of_rules
def test_every_rule_has_a_test(page: str, end: str) -> None:
    """But for the part of a page that lists what does not hold."""
    rules, _ = (ROOT / "docs" / page).read_text().split(end)
    rows = [line for line in rules.splitlines() if line.startswith("| ")]
    assert len(rows) > 20
    assert [row for row in rows if "`test_" not in row and not row.endswith(HEADING)] == []
