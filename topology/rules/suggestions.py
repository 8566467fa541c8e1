"""Fixes for a message that only one place of the topology names."""

from collections.abc import Mapping
from difflib import get_close_matches

from contracts import Message
from topology import names
from topology.model import System


def owner(system: System, message: type[Message]) -> str:
    """Return the service whose contracts module defines a message, or a phrase for it."""
    module = message.__module__.rpartition(".")[2]
    owners = [s.name for s in system.services if names.package(s.name) == module]
    return owners[0] if owners else "the service that owns it"


def closest(message: type[Message], verb: str, known: Mapping[str, str]) -> str:
    """Return ", or <verb> <message> of <service>" for the known message with the closest name.

    `known` maps names of messages to their services.
    """
    found = get_close_matches(message.__name__, known, n=1, cutoff=0.0)
    return "".join(f", or {verb} {name} of {known[name]}" for name in found)
