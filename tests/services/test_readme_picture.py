import re
from pathlib import Path

import topology
from ops import systems
from ops.inspect import drawing

ROOT = Path(topology.__file__).resolve().parent.parent
NUMBER = re.compile(r"\d+\.\d+")


def rounded(svg: str) -> str:
    """Processors differ in the last digits of a coordinate."""
    return NUMBER.sub(lambda match: f"{float(match[0]):.1f}", svg)


def test_the_picture_in_the_readme_is_that_of_the_default_system() -> None:
    committed = (ROOT / "docs" / "topology.svg").read_text()
    fix = "./waystation topology --svg > docs/topology.svg"

    assert rounded(committed) == rounded(drawing.svg(drawing.graph(systems.default()))), fix
    assert "(docs/topology.svg)" in (ROOT / "README.md").read_text()
