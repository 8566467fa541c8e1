"""The rides that the demo submits, and what must become of them."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Ending = Literal["processed", "dead-lettered", "filtered out"]

SUBSCRIBERS: Final = (
    "CustomerNotification",
    "CustomerAccounting",
    "CustomerLoyalty",
    "DataLakeIngestion",
    "ExtraordinaryRides",
)


@dataclass(frozen=True)
class Expected:
    """What must become of a ride at one service, and after how many attempts."""

    ending: Ending = "processed"
    attempts: int = 1


ONCE: Final = Expected()
FILTERED_OUT: Final = Expected("filtered out", 0)


@dataclass(frozen=True, kw_only=True)
class Ride:
    """A ride to submit. `status` is the HTTP status it must get; `unlike` what differs from the
    rule.

    The rule: each subscriber processes it at the first attempt, Extraordinary Rides where it is
    `extraordinary`. `twice` submits it a second time with the same Idempotency-Key.
    """

    title: str
    fare: float
    distance: float
    customer: str = "cmr"
    extraordinary: bool = False
    status: int = 201
    twice: bool = False
    unlike: dict[str, Expected] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the request."""
        return {
            "from": "Berlin",
            "to": "Frankfurt",
            "duration": 420,
            "distance": self.distance,
            "customer": self.customer,
            "fare": self.fare,
        }

    def expected(self, service: str) -> Expected:
        """Return what must become of it at a subscriber."""
        if service == "ExtraordinaryRides" and not self.extraordinary:
            return FILTERED_OUT
        return self.unlike.get(service, ONCE)


RIDES: Final = (
    Ride(title="a long ride", fare=256.50, distance=600, extraordinary=True),
    Ride(title="just extraordinary", fare=50, distance=20, extraordinary=True),
    Ride(title="one cent short", fare=49.99, distance=20),
    Ride(title="around the corner", fare=75, distance=2),
    Ride(
        title="accounting fails twice",
        fare=30,
        distance=12,
        customer="unlucky-customer",
        unlike={"CustomerAccounting": Expected("processed", 3)},
    ),
    Ride(
        title="accounting always fails",
        fare=30,
        distance=12,
        customer="poison-customer",
        unlike={"CustomerAccounting": Expected("dead-lettered", 4)},
    ),
    # Loyalty counts a customer's points: a customer of its own tells whether they came once.
    Ride(
        title="submitted twice", fare=120, distance=15, customer=f"cmr-{uuid.uuid4()}", twice=True
    ),
    Ride(title="invalid: a negative fare", fare=-1, distance=10, status=400),
)
