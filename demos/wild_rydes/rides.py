"""The rides that the demo submits, and the expected outcome of each."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Outcome = Literal["processed", "dead-lettered", "filtered out"]

SUBSCRIBERS: Final = (
    "CustomerNotification",
    "CustomerAccounting",
    "CustomerLoyalty",
    "DataLakeIngestion",
    "ExtraordinaryRides",
)


@dataclass(frozen=True)
class Expected:
    """The expected outcome of a ride at one service, and the attempts until then."""

    outcome: Outcome = "processed"
    attempts: int = 1


ONCE: Final = Expected()
FILTERED_OUT: Final = Expected("filtered out", 0)


@dataclass(frozen=True, kw_only=True)
class Ride:
    """A ride to submit. `status` is the expected HTTP status.

    Each subscriber must process the ride at the first attempt, ExtraordinaryRides only an
    `extraordinary` one; `exceptions` has the services with another expected outcome. `twice`
    submits the ride a second time with the same Idempotency-Key.
    """

    title: str
    fare: float
    distance: float
    customer: str = "cmr"
    extraordinary: bool = False
    status: int = 201
    twice: bool = False
    exceptions: dict[str, Expected] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the body of the request."""
        return {
            "from": "Berlin",
            "to": "Frankfurt",
            "duration": 420,
            "distance": self.distance,
            "customer": self.customer,
            "fare": self.fare,
        }

    def expected(self, service: str) -> Expected:
        """Return the expected outcome at a subscriber."""
        if service == "ExtraordinaryRides" and not self.extraordinary:
            return FILTERED_OUT
        return self.exceptions.get(service, ONCE)


def rides() -> tuple[Ride, ...]:
    """Return the rides of one run."""
    return (
        Ride(title="a long ride", fare=256.50, distance=600, extraordinary=True),
        Ride(title="just extraordinary", fare=50, distance=20, extraordinary=True),
        Ride(title="one cent short", fare=49.99, distance=20),
        Ride(title="around the corner", fare=75, distance=2),
        Ride(
            title="accounting fails twice",
            fare=30,
            distance=12,
            customer="unlucky-customer",
            exceptions={"CustomerAccounting": Expected("processed", 3)},
        ),
        Ride(
            title="accounting always fails",
            fare=30,
            distance=12,
            customer="poison-customer",
            exceptions={"CustomerAccounting": Expected("dead-lettered", 4)},
        ),
        # A customer of this ride alone: the number of points shows whether the ride counted once.
        Ride(
            title="submitted twice",
            fare=120,
            distance=15,
            customer=f"cmr-{uuid.uuid4()}",
            twice=True,
        ),
        Ride(title="invalid: a negative fare", fare=-1, distance=10, status=400),
    )
