"""The graph behind every picture of a system, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["topic", "consumer", "function", "api"]
EdgeKind = Literal["subscription", "publish", "send", "invoke"]


@dataclass(frozen=True)
class Node:
    """A topic, consumer, function or HTTP API of a service. `lines` is the text under the title."""

    id: str
    service: str
    kind: NodeKind
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """An arrow to a node. `source` is the id of a node or the name of a service."""

    source: str
    target: str
    kind: EdgeKind
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """A system: nodes in the order of its services, then edges."""

    system: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services, in order."""
        return tuple(dict.fromkeys(node.service for node in self.nodes))

    def nodes_of(self, service: str) -> Sequence[Node]:
        """Return the nodes of a service."""
        return [node for node in self.nodes if node.service == service]

    def edges_to(self, node: Node) -> Sequence[Edge]:
        """Return the edges that end at a node."""
        return [edge for edge in self.edges if edge.target == node.id]

    @property
    def unused(self) -> Sequence[Node]:
        """The topics without messages: every service has both topics, used or not."""
        return [node for node in self.nodes if node.kind == "topic" and not node.lines]
