"""Rules on messages: who publishes them, what they are called, which fields are attributes."""

import re
from collections.abc import Iterator
from typing import Final

from contracts import Message
from messaging.limits import MAX_APPLICATION_ATTRIBUTES, RESERVED_ATTRIBUTES
from topology.filters.policies import NAME
from topology.model import System
from topology.problems import Problem
from topology.routing.subscriptions import publishers
from topology.rules.fields import fields, kind
from topology.rules.suggestions import instead, owner
from topology.rules.walk import consumers, messages, repeated

TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
MAX_NAME: Final = 256


def one_publisher(system: System) -> Iterator[Problem]:
    """An event says that its owner has finished something, so one service publishes it, once."""
    published = [event for service in system.services for event in service.publishes]
    for event in dict.fromkeys(published):
        owners = [s.name for s in system.services for other in s.publishes if other is event]
        if len(owners) > 1:
            text = f"it is published {len(owners)} times: {', '.join(owners)}"
            yield Problem(event.__name__, text, "leave it in `publishes` of its owner, once")


def known_events(system: System) -> Iterator[Problem]:
    """A consumer hears only what somebody publishes."""
    published = publishers(system)
    owners = {event.__name__: service.name for event, service in published.items()}
    for place, _, consumer in consumers(system):
        for on in consumer.subscribed:
            if on.message not in published:
                fix = f"add it to `publishes` of {owner(system, on.message)}"
                fix += instead(on.message, "listen to", owners)
                yield Problem(place, f"nobody publishes {on.message.__name__}", fix)


def tags(system: System) -> Iterator[Problem]:
    """A msgTag is the name on the wire: there, plain, and nobody else's."""
    tagged = [(message, getattr(message, "msg_tag", None)) for message in messages(system)]
    for message, tag in tagged:
        if not isinstance(tag, str) or not TAG.fullmatch(tag):
            fix = f"set it to 1 to 128 letters, digits, _ - or periods, e.g. {message.__name__!r}"
            yield Problem(message.__name__, f"its msg_tag is {tag!r}", fix)
    for tag in repeated(tag for _, tag in tagged if isinstance(tag, str)):
        classes = " and ".join(message.__name__ for message, other in tagged if other == tag)
        yield Problem(classes, f"they share the msg_tag {tag!r}", "give each message its own")


def attributes(system: System) -> Iterator[Problem]:
    """The attributes a message declares are fields of it that fit into the budget."""
    for message in messages(system):
        place = message.__name__
        if (count := len(message.attributes)) > MAX_APPLICATION_ATTRIBUTES:
            text = f"it declares {count} attributes, there is room for {MAX_APPLICATION_ATTRIBUTES}"
            yield Problem(place, text, "keep those that a subscription filters on")
        for name in repeated(message.attributes):
            yield Problem(place, f"it declares the attribute {name} twice", "name it once")
        for name in message.attributes:
            yield from _attribute_problems(place, name, message)


def _attribute_problems(place: str, name: str, message: type[Message]) -> Iterator[Problem]:
    declared = fields(message)
    if name in RESERVED_ATTRIBUTES:
        yield Problem(place, f"the attribute {name} is the runtime's own", "rename the field")
    if not NAME.fullmatch(name) or len(name) > MAX_NAME:
        fix = f"use up to {MAX_NAME} letters, digits, _ - and single periods, not AWS. first"
        yield Problem(place, f"SNS does not take {name!r} as the name of an attribute", fix)
    if name not in declared:
        fix = f"name one of its fields as JSON has them: {', '.join(declared)}"
        yield Problem(place, f"the attribute {name} is no field of it", fix)
    elif kind(declared[name]) is None:
        fix = "use str, int, float, bool or list[str]"
        yield Problem(
            place, f"the field {name} is {declared[name]}, which cannot travel as an attribute", fix
        )
