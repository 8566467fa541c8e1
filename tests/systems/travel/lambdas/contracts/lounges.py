"""What the API of Lounges takes, and what Lounges publishes."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from contracts.message import Command, Event

Name = Annotated[str, Meta(min_length=1, max_length=256)]
Hours = Annotated[float, Meta(ge=0, le=24)]


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A stay of so many `hours` in the lounge of a city."""

    traveller: Name
    city: Name
    hours: Hours


class BeginVisit(Visit, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of `POST /visits`."""


class VisitBegun(Event, Visit, frozen=True, kw_only=True):
    """A traveller has come into a lounge: the requested visit with its id."""

    msg_tag: ClassVar[str] = "VisitBegun"
    attributes: ClassVar[tuple[str, ...]] = ("city", "hours")

    id: Name


class QuoteVisit(Command, frozen=True, kw_only=True):
    """Return the price of a visit."""

    msg_tag: ClassVar[str] = "QuoteVisit"

    hours: Hours


class VisitQuoted(Event, frozen=True, kw_only=True):
    """The price of a visit, in euros."""

    msg_tag: ClassVar[str] = "VisitQuoted"

    price: float
