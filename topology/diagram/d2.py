"""A graph in the language of D2 (https://d2lang.com), whose program draws it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from topology.diagram.graph import Edge, Graph, Node

_HEAD: Final = """\
direction: right
classes: {
  service: {style: {fill: "#f8fafc"; stroke: "#64748b"; font-size: 22; bold: true}}
  topic: {style: {fill: "#fff4d6"; stroke: "#b45309"; border-radius: 30}}
  consumer: {shape: queue; style: {fill: "#dbeafe"; stroke: "#1d4ed8"}}
  function: {style: {fill: "#dcfce7"; stroke: "#15803d"}}
  api: {style: {fill: "#f3e8ff"; stroke: "#7e22ce"; double-border: true}}
  unused: {width: 90; height: 36; style: {stroke-dash: 3; opacity: 0.5}}
  subscription: {style: {stroke: "#1d4ed8"}}
  publish: {style: {stroke: "#b45309"; stroke-width: 1}}
  send: {style: {stroke: "#b45309"}}
  invoke: {style: {stroke: "#15803d"; stroke-dash: 4}}
}"""
# In double quotes, a backslash escapes, and `${` begins a variable.
_ESCAPES: Final = {ord(each): f"\\{each}" for each in '"\\$'}


def render(graph: Graph) -> str:
    """Return the source of a diagram."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield _HEAD
    unused = {node.id for node in graph.unused}
    for service in graph.services:
        yield f"{_service(service)}: {_quoted(service)} {{"
        yield "  class: service"
        for node in graph.nodes_of(service):
            yield f"  {_node(node, unused=node.id in unused)}"
        yield "}"
    paths = {service: _service(service) for service in graph.services}
    paths |= {node.id: f"{_service(node.service)}.{_key(node)}" for node in graph.nodes}
    yield from (_edge(edge, paths) for edge in graph.edges)


def _node(node: Node, *, unused: bool) -> str:
    classes = f"[{node.kind}; unused]" if unused else node.kind
    return f"{_key(node)}: {_label([node.title, *node.lines])} {{class: {classes}}}"


def _edge(edge: Edge, paths: Mapping[str, str]) -> str:
    ends = f"{paths[edge.source]} -> {paths[edge.target]}"
    return f"{ends}: {_label(edge.lines)} {{class: {edge.kind}}}"


def _service(name: str) -> str:
    # Keys ignore case, and some words are keywords of D2: the first word makes keys distinct.
    return _quoted(f"service {name}")


def _key(node: Node) -> str:
    return _quoted(f"{node.kind} {node.id}")


def _label(lines: Sequence[str]) -> str:
    return '"' + r"\n".join(_escaped(line) for line in lines) + '"'


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
