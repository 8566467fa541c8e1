"""Pictures of a system: the graph, and its renderers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.systems.travel.system import system as travel
from tests.systems.warehouse.system import system as warehouse
from topology.diagram import d2, mermaid, text
from topology.diagram.build import graph
from topology.diagram.graph import Edge, Graph, Node
from topology.model import System
from topology.names import TOPICS
from topology.routing.subscriptions import subscriptions

ROOT = Path(__file__).parents[3]
SYSTEMS = [travel, warehouse]
both_systems = pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: str(system.name))
TRAVEL = graph(travel)


def ends(found: Graph, kind: str) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in found.edges if edge.kind == kind}


def lines(source: str, target: str, kind: str) -> tuple[str, ...]:
    """Return the label of the one such edge of the travel system."""
    (edge,) = (e for e in TRAVEL.edges if (e.source, e.target, e.kind) == (source, target, kind))
    return edge.lines


# the graph


@both_systems
def test_every_service_has_its_topics_consumers_functions_and_api(system: System) -> None:
    expected = set()
    for service in system.services:
        names: list[str] = [*TOPICS, *(consumer.name for consumer in service.consumers)]
        names += [function.name for function in service.functions]
        names += ["api"] if service.api else []
        expected |= {f"{service.name}.{name}" for name in names}

    assert {node.id for node in graph(system).nodes} == expected
    assert graph(system).services == tuple(service.name for service in system.services)


@both_systems
def test_every_subscription_is_an_edge(system: System) -> None:
    expected = {
        (f"{each.publisher}.{each.topic}", f"{service.name}.{consumer.name}")
        for service in system.services
        for consumer in service.consumers
        for each in subscriptions(system, service, consumer)
    }

    assert ends(graph(system), "subscription") == expected != set()


@both_systems
def test_every_edge_has_two_ends(system: System) -> None:
    found = graph(system)
    ids = {node.id for node in found.nodes}

    assert {edge.target for edge in found.edges} <= ids
    assert {edge.source for edge in found.edges} <= ids | set(found.services)


def test_a_topic_lists_its_messages_and_a_consumer_its_commands() -> None:
    nodes = {node.id: node for node in TRAVEL.nodes}

    assert nodes["Hotels.MsgIn"].lines == ("BookRoom", "BookStay")
    assert nodes["Desk.MsgOut"].lines == ("TravellerArrived", "TripBooked", "OffersWanted")
    assert nodes["Desk.tickets"].lines == ("enqueued: PrintTicket, RemindTraveller",)
    assert nodes["Cars.rentals"].lines == ("invocable: QuoteCar",)
    assert nodes["Passports.api"].lines == (
        "POST /visas",
        "GET /embassies/{country}",
        "POST /stamps",
    )


def test_the_label_of_a_subscription_is_its_filter() -> None:
    assert lines("Desk.MsgOut", "Loyalty.points", "subscription") == (
        "TripBooked where price ≥ 500",
        "TravellerArrived",
    )
    assert lines("Seats.MsgOut", "Flights.bookings", "subscription") == ("SeatReserved (replies)",)
    assert lines("Post.MsgIn", "Post.letters", "subscription") == ("SendPostcard",)


def test_a_service_with_several_functions_sends_as_a_whole() -> None:
    assert lines("Desk", "Hotels.MsgIn", "send") == ("sends BookRoom, BookStay",)
    assert lines("Desk", "Cars.rentals", "invoke") == ("invokes QuoteCar",)


def test_the_only_function_of_a_service_sends_itself() -> None:
    assert lines("Kiosk.sales", "Hotels.MsgIn", "send") == ("sends BookRoom",)
    assert lines("Passports.api", "Visas.stamps", "invoke") == ("invokes StampPassport",)


def test_an_edge_within_a_service_starts_at_a_function() -> None:
    assert lines("Hotels.rooms", "Hotels.MsgIn", "send") == ("sends BookRoom",)
    assert ends(TRAVEL, "publish") >= {
        ("Desk.api", "Desk.MsgOut"),
        ("Desk.answers", "Desk.MsgOut"),
        ("Desk.tickets", "Desk.MsgOut"),
    }


def test_an_api_leads_to_the_functions_behind_its_commands_and_has_no_code_of_its_own() -> None:
    assert lines("Cars.api", "Cars.rentals", "invoke") == ("POST /quotes: QuoteCar",)
    assert ("Cars.api", "Cars.MsgOut") not in ends(TRAVEL, "publish")


def test_fifo_topics_and_consumers_say_so() -> None:
    titles = {node.id: node.title for node in graph(warehouse).nodes}

    assert titles["Warehouse.MsgOut"] == "MsgOut (FIFO)"
    assert titles["Ledger.moves"] == "consumer moves (FIFO)"
    assert titles["Audit.moves"] == "consumer moves"


def test_topics_without_messages_are_unused() -> None:
    assert {node.id for node in graph(warehouse).unused} == {
        *("Ledger.MsgIn", "Ledger.MsgOut", "Audit.MsgIn", "Audit.MsgOut")
    }


# text


@both_systems
def test_the_text_names_every_message_and_every_filter(system: System) -> None:
    found = graph(system)
    rendered = text.render(found)

    for node in found.nodes:
        assert all(line in rendered for line in node.lines)
    for edge in found.edges:
        assert all(line in rendered for line in edge.lines)


def test_the_text_of_a_service() -> None:
    assert """
Loyalty
  consumer points
    from Desk.MsgOut: TripBooked where price ≥ 500
    from Desk.MsgOut: TravellerArrived

Passports
  HTTP API
    POST /visas
    GET /embassies/{country}
    POST /stamps
  invokes CheckVisa → Visas.checks
""" in text.render(TRAVEL)


# mermaid and d2

LABEL = r'"[^"]*"'
# The lines that the renderer may write, in the syntax of Mermaid's flowcharts.
MERMAID = re.compile(
    "|".join(
        [
            r"flowchart LR",
            rf"  subgraph (?P<subgraph>\w+)\[{LABEL}\]",
            rf"    (?P<node>\w+)(\(\[{LABEL}\]\)|\[\({LABEL}\)\]|\[{LABEL}\]|\[\[{LABEL}\]\])",
            r"  end",
            rf"  (?P<source>\w+) (-->|==>|-\.->)(\|{LABEL}\|)? (?P<target>\w+)",
            r"  classDef unused stroke-dasharray: 4 4",
            r"  class (?P<unused>\w+(,\w+)*) unused",
        ]
    )
)
# Each character that means something in Mermaid, D2 or XML.
ODD = "a \"b\" | <c> & #d; `e` \\ ${x} 'f' {g} [h] (i) %% --> ≥"


def odd() -> Graph:
    topic = Node("End.MsgIn", "End", "topic", "MsgIn", (ODD,))
    consumer = Node("End.msgin", "End", "consumer", "consumer msgin", ("1. first", "- second"))
    label = Node("Style.label", "Style", "function", "function label")
    edges = (
        Edge("End.MsgIn", "End.msgin", "subscription", (ODD, "second")),
        Edge("End", "Style.label", "invoke"),
    )
    return Graph("odd", (topic, consumer, label), edges)


@pytest.mark.parametrize(
    "drawn", [TRAVEL, graph(warehouse), odd()], ids=["travel", "warehouse", "odd"]
)
def test_mermaid_has_valid_lines_and_declares_what_it_connects(drawn: Graph) -> None:
    source = mermaid.render(drawn)
    matches = [MERMAID.fullmatch(line) for line in source.splitlines()]

    assert [line for line, m in zip(source.splitlines(), matches, strict=True) if not m] == []
    groups = [match.groupdict() for match in matches if match]
    declared = {g[key] for g in groups for key in ("subgraph", "node") if g[key]}
    connected = {g[key] for g in groups for key in ("source", "target") if g[key]}
    unused = {name for g in groups if g["unused"] for name in g["unused"].split(",")}
    assert connected | unused <= declared
    assert len(declared) == len(drawn.nodes) + len(drawn.services)
    assert source.splitlines().count("  end") == len(drawn.services)


@both_systems
def test_mermaid_names_every_service_message_and_filter(system: System) -> None:
    found = graph(system)
    source = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), mermaid.render(found))

    assert all(f'["{service}"]' in source for service in found.services)
    for node in found.nodes:
        assert "<br/>".join([node.title, *node.lines]) in source
    for edge in found.edges:
        assert "<br/>".join(edge.lines) in source


def test_mermaid_escapes_what_would_end_a_label_or_begin_markup() -> None:
    escaped = "a #34;b#34; #124; #60;c#62; #38; #35;d; #96;e#96; #92; ${x} 'f'"

    assert f'(["MsgIn<br/>{escaped} ' in mermaid.render(odd())


def test_d2_escapes_what_would_end_a_label_or_begin_a_variable() -> None:
    escaped = r"""a \"b\" | <c> & #d; `e` \\ \${x} 'f' {g} [h] (i) %% --> ≥"""

    assert f'"topic End.MsgIn": "MsgIn\\n{escaped}" {{class: topic}}' in d2.render(odd())


SCRIPT = """
from tests.systems.travel.system import system
from topology.diagram import build, d2, mermaid, text
print(*(each.render(build.graph(system)) for each in (text, mermaid, d2)))
"""


def test_a_picture_does_not_depend_on_the_order_of_hashes() -> None:
    first, second = (
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )

    assert first == second != b""
