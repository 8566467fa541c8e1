"""What Unicorn Management accepts and announces."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from contracts.message import Event

Name = Annotated[str, Meta(min_length=1, max_length=256)]
# SNS numeric filters hold +-1e9 (SNS developer guide, filter policy constraints): a larger fare
# could not be filtered.
Amount = Annotated[float, Meta(ge=0, le=1_000_000_000)]


class Ride(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a ride. `duration` in minutes, `distance` in kilometres."""

    from_: Name = msgspec.field(name="from")
    to: Name
    duration: Amount
    distance: Amount
    customer: Name
    fare: Amount


class SubmitRide(Ride, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of `POST /submit-ride-completion`."""


class RideCompleted(Event, Ride, frozen=True, kw_only=True):
    """A ride has ended: the submitted ride with its id."""

    msg_tag: ClassVar[str] = "RideCompleted"
    attributes: ClassVar[tuple[str, ...]] = ("fare", "distance")

    id: Name
