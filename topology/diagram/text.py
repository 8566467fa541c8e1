"""A graph as an indented list."""

from collections.abc import Iterator

from topology.diagram.graph import Graph, Node


def render(graph: Graph) -> str:
    """Return the services with topics, consumers, functions and APIs, without unused topics."""
    lines = [f"{graph.system}: {len(graph.services)} services"]
    for service in graph.services:
        lines += ["", service]
        for node in graph.nodes_of(service):
            lines += [f"  {line}" for line in _node(graph, node)]
        lines += [f"  {line}" for line in _outgoing(graph, service)]
    return "\n".join(lines) + "\n"


def _node(graph: Graph, node: Node) -> Iterator[str]:
    if node.kind == "topic":
        if node.lines:
            yield f"{node.title}: {', '.join(node.lines)}"
        return
    yield node.title
    yield from (f"  {line}" for line in node.lines)
    for edge in graph.edges_to(node):
        if edge.kind == "subscription":
            yield from (f"  from {edge.source}: {line}" for line in edge.lines)


def _outgoing(graph: Graph, service: str) -> Iterator[str]:
    """Yield what the service sends and invokes, and the commands behind its API, each once."""
    ids = {service, *(node.id for node in graph.nodes_of(service))}
    found = [
        f"{line} → {edge.target}"
        for edge in graph.edges
        if edge.source in ids and edge.kind in ("send", "invoke")
        for line in edge.lines
    ]
    yield from dict.fromkeys(found)
