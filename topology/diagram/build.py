"""The graph of a system."""

from collections.abc import Iterable, Iterator, Sequence

from contracts import Message
from topology.diagram.graph import Edge, Graph, Node
from topology.diagram.phrases import policy_phrases
from topology.model import Api, Consumer, Service, System
from topology.names import TopicKind
from topology.routing.recipients import invocable_commands, invoked_functions, sent_commands
from topology.routing.subscriptions import subscriptions


def graph(system: System) -> Graph:
    """Return the graph of a system without problems; see `topology.checks`.

    Raises KeyError for an event without a publisher.
    """
    nodes = [node for service in system.services for node in _nodes(service)]
    edges = [edge for service in system.services for edge in _edges(system, service)]
    return Graph(system.name, tuple(nodes), tuple(edges))


def _nodes(service: Service) -> Iterator[Node]:
    accepted = [command for consumer in service.consumers for command in consumer.accepts]
    yield _topic(service, "MsgIn", accepted)
    if service.api:
        yield Node(f"{service.name}.api", service.name, "api", "HTTP API", _routes(service.api))
    for consumer in service.consumers:
        yield _consumer(service, consumer)
    for function in service.functions:
        lines = (f"invocable: {_tags(function.invocable)}",)
        id_ = f"{service.name}.{function.name}"
        yield Node(id_, service.name, "function", f"function {function.name}", lines)
    yield _topic(service, "MsgOut", service.publishes)


def _topic(service: Service, kind: TopicKind, messages: Iterable[type[Message]]) -> Node:
    lines = tuple(dict.fromkeys(message.msg_tag for message in messages))
    title = _title(kind, fifo=service.fifo)
    return Node(_topic_id(service.name, kind), service.name, "topic", title, lines)


def _consumer(service: Service, consumer: Consumer) -> Node:
    fields = (("enqueued", consumer.accepts_enqueued), ("invocable", consumer.invocable))
    lines = tuple(f"{word}: {_tags(commands)}" for word, commands in fields if commands)
    title = _title(f"consumer {consumer.name}", fifo=consumer.fifo)
    return Node(f"{service.name}.{consumer.name}", service.name, "consumer", title, lines)


def _routes(api: Api) -> tuple[str, ...]:
    guarded = api.authorizer.routes if api.authorizer else ()
    routes = (*api.routes, *api.commands)
    return tuple(f"{route} (authorizer)" if route in guarded else route for route in routes)


def _edges(system: System, service: Service) -> Iterator[Edge]:
    for consumer in service.consumers:
        for each in subscriptions(system, service, consumer):
            source = _topic_id(each.publisher, each.topic)
            target = f"{service.name}.{consumer.name}"
            yield Edge(source, target, "subscription", policy_phrases(each.policy))
    if service.publishes:
        msg_out = _topic_id(service.name, "MsgOut")
        yield from (Edge(source, msg_out, "publish") for source in _senders(service))
    yield from _sends(system, service)
    yield from _invocations(system, service)
    yield from _commands(service)


def _sends(system: System, service: Service) -> Iterator[Edge]:
    for recipient, commands in sent_commands(system, service).items():
        target = _topic_id(recipient, "MsgIn")
        for source in _sources(service, recipient):
            yield Edge(source, target, "send", (f"sends {_tags(commands)}",))


def _invocations(system: System, service: Service) -> Iterator[Edge]:
    for other, functions in invoked_functions(system, service).items():
        for name in dict.fromkeys(functions.values()):
            commands = [command for command, found in functions.items() if found == name]
            target = f"{other}.{name}"
            for source in _sources(service, other):
                if source != target:
                    yield Edge(source, target, "invoke", (f"invokes {_tags(commands)}",))


def _commands(service: Service) -> Iterator[Edge]:
    """Yield the edges from an API to the functions behind its commands."""
    functions = {command: function.name for command, function in invocable_commands(service)}
    for route, command in service.api.commands.items() if service.api else ():
        target = f"{service.name}.{functions[command]}"
        yield Edge(f"{service.name}.api", target, "invoke", (f"{route}: {command.msg_tag}",))


def _sources(service: Service, receiver: str) -> Sequence[str]:
    """Return the ends at which edges to a receiver start.

    The topology declares senders by service. An edge starts at the function that sends if there is
    only one, else at the service; within a service it starts at each function.
    """
    senders = _senders(service)
    return senders if len(senders) == 1 or receiver == service.name else [service.name]


def _senders(service: Service) -> Sequence[str]:
    """Return the ids of the nodes with code of the service."""
    names = [consumer.name for consumer in service.consumers]
    names += [function.name for function in service.functions]
    if service.api and service.api.routes:
        names.insert(0, "api")
    return [f"{service.name}.{name}" for name in names]


def _topic_id(service: str, kind: TopicKind) -> str:
    return f"{service}.{kind}"


def _title(name: str, *, fifo: bool) -> str:
    return f"{name} (FIFO)" if fifo else name


def _tags(messages: Iterable[type[Message]]) -> str:
    return ", ".join(message.msg_tag for message in messages)
