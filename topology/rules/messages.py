"""Rules on messages: publishers, msgTags and attributes."""

import re
from collections.abc import Iterator
from typing import Final

from contracts import Message
from messaging.limits import MAX_APPLICATION_ATTRIBUTES, RESERVED_ATTRIBUTES
from topology.filters.fields import fields, kind
from topology.filters.policies import NAME
from topology.model import System
from topology.problems import Problem
from topology.routing.subscriptions import publishers
from topology.rules.suggestions import closest, owner
from topology.rules.walk import consumers, messages, repeated

TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
MAX_NAME: Final = 256


def one_publisher(system: System) -> Iterator[Problem]:
    """An event has one publisher, which names it once."""
    published = [event for service in system.services for event in service.publishes]
    for event in dict.fromkeys(published):
        owners = [s.name for s in system.services for other in s.publishes if other is event]
        if len(owners) > 1:
            text = f"the event is published {len(owners)} times: {', '.join(owners)}"
            yield Problem(event.__name__, text, "leave it in `publishes` of its owner, once")


def published_events(system: System) -> Iterator[Problem]:
    """Each event that a consumer subscribes to is published by a service."""
    published = publishers(system)
    owners = {event.__name__: service.name for event, service in published.items()}
    for element, _, consumer in consumers(system):
        for on in consumer.subscribed:
            if on.message not in published:
                fix = f"add it to `publishes` of {owner(system, on.message)}"
                fix += closest(on.message, "listen to", owners)
                yield Problem(element, f"no service publishes {on.message.__name__}", fix)


def tags(system: System) -> Iterator[Problem]:
    """Every message has a msgTag, its name on the wire: plain characters, unique."""
    tagged = [(message, getattr(message, "msg_tag", None)) for message in messages(system)]
    for message, tag in tagged:
        if not isinstance(tag, str) or not TAG.fullmatch(tag):
            fix = f"use 1 to 128 letters, digits, _ - or periods, e.g. {message.__name__!r}"
            yield Problem(message.__name__, f"its msg_tag is {tag!r}", fix)
    for tag in repeated(tag for _, tag in tagged if isinstance(tag, str)):
        classes = " and ".join(message.__name__ for message, other in tagged if other == tag)
        yield Problem(classes, f"they share the msg_tag {tag!r}", "give each message its own")


def attributes(system: System) -> Iterator[Problem]:
    """The attributes of a message are fields of it, within the limits of SNS."""
    for message in messages(system):
        element = message.__name__
        if (count := len(message.attributes)) > MAX_APPLICATION_ATTRIBUTES:
            text = f"it declares {count} attributes, there is room for {MAX_APPLICATION_ATTRIBUTES}"
            yield Problem(element, text, "keep the attributes on which subscriptions filter")
        for name in repeated(message.attributes):
            yield Problem(element, f"it declares the attribute {name} twice", "name it once")
        for name in message.attributes:
            yield from _attribute_problems(element, name, message)


def _attribute_problems(element: str, name: str, message: type[Message]) -> Iterator[Problem]:
    declared = fields(message)
    if name in RESERVED_ATTRIBUTES:
        yield Problem(element, f"the attribute {name} is the runtime's own", "rename the field")
    if not NAME.fullmatch(name) or len(name) > MAX_NAME:
        fix = f"use up to {MAX_NAME} letters, digits, _ - and single periods, not AWS. at the start"
        yield Problem(element, f"SNS does not take {name!r} as the name of an attribute", fix)
    if name not in declared:
        fix = f"name one of its fields, as in JSON: {', '.join(declared)}"
        yield Problem(element, f"the attribute {name} is no field of the message", fix)
    elif kind(declared[name]) is None:
        fix = "use str, int, float, bool or list[str]"
        yield Problem(
            element,
            f"the field {name} is {declared[name]}, which cannot travel as an attribute",
            fix,
        )
