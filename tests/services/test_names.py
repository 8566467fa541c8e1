"""The framework names no example, so that a team can take all of them out."""

import re
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from contracts import Message
from ops.paths import ROOT
from systems import strings, wild_rydes
from tests import project
from tests.systems.every import invocable
from topology import names
from topology.model import Service

EXAMPLES = (strings.system, wild_rydes.system)
# Prose may tell of the examples.
PROSE = {PurePath("README.md"), PurePath("CHANGELOG.md")}


def messages(service: Service) -> Iterator[type[Message]]:
    """Every message that a service declares and some service owns."""
    found = (
        *service.publishes,
        *service.sends,
        *service.invokes,
        *(message for consumer in service.consumers for message in consumer.messages),
        *(command for function in invocable(service) for command in function.invocable),
    )
    yield from (each for each in found if project.is_team(contract(each)))


def contract(message: type[Message]) -> PurePath:
    """The file that defines a message."""
    return PurePath("lambdas", *message.__module__.split(".")).with_suffix(".py")


def names_of_examples() -> set[str]:
    """The names of systems, services, packages, messages and contract modules."""
    services = [service for system in EXAMPLES for service in system.services]
    declared = [message for service in services for message in messages(service)]
    return {
        *(system.name for system in EXAMPLES),
        *(service.name for service in services),
        *(names.package(service.name) for service in services),
        *(message.msg_tag for message in declared),
        *(contract(message).stem for message in declared),
    }


def spelling(name: str) -> str:
    """A regular expression for a name as it is, in snake case, in Pascal case and as a title.

    A single word may be an ordinary one. It counts in quotes, in a path and in an import.
    """
    words = re.findall(r"[A-Z]?[a-z0-9]+", name)
    if len(words) > 1:
        lower, title = [w.lower() for w in words], [w.capitalize() for w in words]
        found = {name, "_".join(lower), "".join(title), " ".join(title)}
        return "|".join(rf"\b{each}\b" for each in sorted(found))
    return (
        rf"""["'`]{name}["'`]|\b(?:contracts|demos|lambdas|systems)[./]{name}\b"""
        rf"|\b(?:import|from) {name}\b|\b{name}[./]handler\b|-{name}\b"
    )


NAMED = re.compile("|".join(spelling(name) for name in sorted(names_of_examples())))


@pytest.mark.parametrize(
    "text",
    [
        "from systems.wild_rydes import system",
        "the system `strings`",
        "lambdas/generator/handler.py",
        "local-Generator",
        "contracts.customer_loyalty",
        "RideCompleted",
        "Access Control",
    ],
)
def test_a_name_is_noticed(text: str) -> None:
    assert NAMED.search(text)


@pytest.mark.parametrize(
    "text", ["a generator of strings", "access-control-allow-origin", "a customer's key"]
)
def test_an_ordinary_word_is_no_name(text: str) -> None:
    assert not NAMED.search(text)


def test_no_file_of_the_framework_names_an_example() -> None:
    framework = [path for path in project.files() if not project.is_team(path)]
    found = {
        str(path): sorted({match.group() for match in NAMED.finditer((ROOT / path).read_text())})
        for path in framework
        if path.parts[0] != "docs" and path not in PROSE and path.suffix != ".zip"
    }
    assert {path: each for path, each in found.items() if each} == {}
