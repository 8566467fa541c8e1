"""A system as text or as a picture."""

import subprocess
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ops.errors import OpsError
from ops.systems import load
from topology.checks import TopologyError, check
from topology.diagram import build, d2, mermaid, text
from topology.diagram.graph import Graph

_D2: Final = Path(sysconfig.get_path("scripts")) / "d2"
# ELK is the layout engine that draws edges between a service and its own nodes, too.
_OPTIONS: Final = ("--layout=elk", "--theme=0", "--pad=20", "--omit-version")
_TIMEOUT: Final = 60


def graph(name: str) -> Graph:
    """Return the graph of a system; raises OpsError for an unknown or a broken one."""
    system = load(name)
    try:
        check(system)
    except TopologyError as error:
        raise OpsError(str(error)) from None
    return build.graph(system)


def svg(drawn: Graph) -> str:
    """Return a graph as SVG, which D2 draws offline; raises OpsError if D2 fails."""
    try:
        done = subprocess.run(
            [_D2, *_OPTIONS, "-", "-"],
            input=d2.render(drawn),
            # D2 reads options from the environment, too.
            env={},
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIMEOUT,
        )
    except FileNotFoundError:
        raise OpsError("D2 is not installed. Any ./waystation command installs it") from None
    except subprocess.CalledProcessError as error:
        raise OpsError(f"D2 cannot draw {drawn.system}: {error.stderr.strip()}") from None
    except subprocess.TimeoutExpired:
        raise OpsError(f"D2 has not drawn {drawn.system} within {_TIMEOUT} s") from None
    return done.stdout


RENDERERS: Final[Mapping[str, Callable[[Graph], str]]] = {
    "text": text.render,
    "mermaid": mermaid.render,
    "svg": svg,
}
