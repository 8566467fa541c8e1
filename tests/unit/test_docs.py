"""What the documents quote is there, and where they point is something."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.paths import ROOT
from tests import project

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Every document that a team keeps when it takes the examples out.
MANUAL = [
    path
    for path in sorted((ROOT / "docs").rglob("*.md"))
    # To be emptied when the branches are together.
    if not project.is_team(path.relative_to(ROOT)) and path.name not in ("apis.md",)
]
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
# A block of code, and the link to the file it is taken from on the line above.
QUOTE = re.compile(
    r"^From \[`[^`]+`\]\(([^)]+)\):\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
GUIDES = [ROOT / "docs" / name for name in ("apis.md", "messaging.md")]


def quotes() -> Iterator[tuple[Path, str]]:
    """Every block that a guide quotes, with its file."""
    for guide in GUIDES:
        for name, block in QUOTE.findall(guide.read_text()):
            for piece in block.split("\n# …\n"):
                yield guide.parent / name, piece.strip("\n")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = LINK.findall(document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", MANUAL, ids=lambda path: str(path.name))
def test_the_manual_points_to_no_file_of_a_team(document: Path) -> None:
    links = [document.parent / link for link in LINK.findall(document.read_text())]
    paths = [link.resolve().relative_to(ROOT) for link in links]
    assert [str(path) for path in paths if project.is_team(path)] == []


@pytest.mark.parametrize(("path", "block"), list(quotes()))
def test_a_guide_quotes_code_as_it_is(path: Path, block: str) -> None:
    assert block in path.read_text()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.name))
def test_all_code_of_a_guide_is_quoted(guide: Path) -> None:
    text = guide.read_text()
    assert text.count("```python") == len(QUOTE.findall(text)) > 0
