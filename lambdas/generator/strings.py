"""The generated strings: a row each, whose status goes from "generated" to "received", not back."""

import hashlib

from contracts.generator import GenerateString, StringGenerated
from messaging import Reject, table


def generate(command: GenerateString) -> StringGenerated:
    """Generate and store the string of an id; again, it is the same and changes nothing.

    Raises Reject when the string of that id has another length.
    """
    string = hashlib.sha256(command.id.encode()).hexdigest()[: command.length]
    new = table.item(id=command.id, status="generated", string=string)
    if not table.put_once("strings", new):
        # It may have been received meanwhile.
        found = table.get("strings", command.id)
        if found and found["string"] != string:
            raise Reject("The string of this id has another length. Ask for a new one.")
    return StringGenerated(id=command.id, string=string)


def receive(id_: str) -> None:
    """Note that a string has been received; raises Reject when none was generated."""
    received = table.item(status="received")
    if not table.transition("strings", id_, received, after=("generated", "received")):
        raise Reject("No string was generated for this id.")
