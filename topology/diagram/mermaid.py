"""A graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from collections.abc import Iterator, Sequence
from typing import Final

from topology.diagram.graph import Edge, EdgeKind, Graph, Node, NodeKind

_SHAPES: Final[dict[NodeKind, tuple[str, str]]] = {
    "topic": ("([", "])"),
    "consumer": ("[(", ")]"),
    "function": ("[", "]"),
    "api": ("[[", "]]"),
}
_ARROWS: Final[dict[EdgeKind, str]] = {
    "subscription": "-->",
    "publish": "-->",
    "send": "==>",
    "invoke": "-.->",
}
# "Entity codes to escape characters"; a backtick after the quote would begin a Markdown string.
_ENTITIES: Final = {ord(each): f"#{ord(each)};" for each in '"#&<>`|\\'}


def render(graph: Graph) -> str:
    """Return the source of a flowchart."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield "flowchart LR"
    for service in graph.services:
        yield f"  subgraph {_id(service)}[{_text([service])}]"
        yield from (f"    {_node(node)}" for node in graph.nodes_of(service))
        yield "  end"
    yield from (f"  {_edge(edge)}" for edge in graph.edges)
    if graph.unused:
        yield "  classDef unused stroke-dasharray: 4 4"
        yield f"  class {','.join(_id(node.id) for node in graph.unused)} unused"


def _node(node: Node) -> str:
    opening, closing = _SHAPES[node.kind]
    return f"{_id(node.id)}{opening}{_text([node.title, *node.lines])}{closing}"


def _edge(edge: Edge) -> str:
    label = f"|{_text(edge.lines)}|" if edge.lines else ""
    return f"{_id(edge.source)} {_ARROWS[edge.kind]}{label} {_id(edge.target)}"


def _id(id_: str) -> str:
    # Names have letters, digits and underscores; some lower-case words are keywords of Mermaid.
    return "s_" + id_.replace(".", "_")


def _text(lines: Sequence[str]) -> str:
    return '"' + "<br/>".join(line.translate(_ENTITIES) for line in lines) + '"'
