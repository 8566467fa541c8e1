import json
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from ops import cli
from ops.errors import OpsError
from ops.inspect import drawing
from tests.systems.travel.system import system as travel
from tests.systems.warehouse.system import system as warehouse
from topology import registry
from topology.diagram import d2
from topology.diagram.build import graph
from topology.diagram.graph import Graph, Node
from topology.model import Service, System

SYSTEMS = {system.name: system for system in (travel, warehouse)}
ODD = "a \"b\" | <c> & #d; `e` \\ ${x} 'f' {g} [h] (i) %% --> ≥"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The systems of the tests are the project's systems."""
    monkeypatch.setattr(registry, "systems", lambda: SYSTEMS)
    monkeypatch.setattr(registry, "default", lambda: "travel")


def printed(*options: str) -> str:
    result = CliRunner().invoke(cli.app, ["topology", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def texts(svg: str) -> list[str]:
    """Return the text of each line in a picture; raises ParseError if it is no XML."""
    return [text for element in ET.fromstring(svg).iter() if (text := (element.text or "").strip())]


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_picture_has_every_service_topic_message_and_filter(name: str) -> None:
    found, shown = graph(SYSTEMS[name]), texts(printed("--svg", "--system", name))

    assert set(found.services) <= set(shown)
    for node in found.nodes:
        assert {node.title, *node.lines} <= set(shown)
    for edge in found.edges:
        assert set(edge.lines) <= set(shown)


def test_the_picture_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = printed("--svg")
    monkeypatch.setenv("D2_THEME", "200")

    assert printed("--svg") == first


def test_a_name_with_special_characters_is_drawn_as_it_is() -> None:
    topic = Node("End.MsgIn", "End", "topic", "MsgIn", (ODD,))
    consumer = Node("End.msgin", "End", "consumer", "consumer msgin", ("- first",))

    shown = texts(drawing.svg(Graph("odd", (topic, consumer), ())))

    assert {"End", "MsgIn", ODD, "consumer msgin", "- first"} <= set(shown)


def test_the_topology_is_text_by_default() -> None:
    assert printed().startswith(f"travel: {len(travel.services)} services\n\nDesk\n")


def test_mermaid_is_source() -> None:
    assert printed("--mermaid").startswith("flowchart LR\n")


def test_json_has_nodes_and_edges() -> None:
    found = json.loads(printed("--json", "--system", "warehouse"))

    assert found["system"] == "warehouse"
    assert {"id": "Ledger.moves", "service": "Ledger", "kind": "consumer"}.items() <= next(
        node.items() for node in found["nodes"] if node["id"] == "Ledger.moves"
    )
    assert {
        "source": "Warehouse.MsgOut",
        "target": "Ledger.moves",
        "kind": "subscription",
        "lines": ["Moved"],
    } in found["edges"]


def test_one_form_at_a_time() -> None:
    result = CliRunner().invoke(cli.app, ["topology", "--svg", "--json"])

    assert result.exit_code == 2
    assert "choose one of" in result.output


def test_an_unknown_system_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(OpsError, match=r"no system 'nowhere'.* travel, warehouse"):
        drawing.graph("nowhere")


def test_a_system_with_problems_is_an_error_that_lists_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = System(name="broken", services=(Service(name="rides"),))
    monkeypatch.setattr(registry, "systems", lambda: {"broken": broken})

    with pytest.raises(OpsError, match="'rides' is no name for a service"):
        drawing.graph("broken")


def test_a_failure_of_d2_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d2, "render", lambda graph: "a -> ")

    with pytest.raises(OpsError, match="D2 cannot draw travel"):
        drawing.svg(graph(travel))
