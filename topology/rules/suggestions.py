"""What to do about a message that the map names in one place only."""

from collections.abc import Mapping
from difflib import get_close_matches

from contracts import Message
from topology import names
from topology.model import System


def owner(system: System, message: type[Message]) -> str:
    """Return the service whose contracts a message is in, or words for it."""
    module = message.__module__.rpartition(".")[2]
    owners = [s.name for s in system.services if names.package(s.name) == module]
    return owners[0] if owners else "the service that owns it"


def instead(message: type[Message], verb: str, known: Mapping[str, str]) -> str:
    """Return ", or <verb> <the message with the closest name> of <its service>"; `known` has the
    services by the names of the messages.
    """
    closest = get_close_matches(message.__name__, known, n=1, cutoff=0.0)
    return "".join(f", or {verb} {name} of {known[name]}" for name in closest)
