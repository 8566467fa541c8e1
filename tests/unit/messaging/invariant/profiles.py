"""The configurations of the consumer, and how much of each is run.

By default the same steps are taken each time, more than 10,000 in all. `HYPOTHESIS_PROFILE=long
pytest tests/unit/messaging/invariant` takes ten times as many, and others each time.
"""

import os
from dataclasses import dataclass
from typing import Final, Literal

from hypothesis import HealthCheck, Phase, settings

from messaging.policy import Guarantee, RetryPolicy
from messaging.settings import ConsumerSettings, Settings
from messaging.testing.senders import OWN_ROLE

LONG: Final = os.environ.get("HYPOTHESIS_PROFILE") == "long"
LEAST_STEPS: Final = 10_000
# An example has up to this many; hypothesis ends some of them sooner.
_STEPS: Final = 30
_TIMES: Final = 10 if LONG else 1
# Seconds by which the clock of a host may be off: those of two hosts differ by a minute at most.
HOST_SKEW: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One configuration, and in how many examples it is run."""

    name: str
    examples: int = 100
    max_attempts: int = 3
    fifo: bool = False
    concurrency: int = 1
    guarantee: Guarantee = "at-least-once"
    on_requeue_failure: Literal["report", "raise"] = "report"
    payload_check: bool = False

    @property
    def least_steps(self) -> int:
        """The steps that are taken at least."""
        return self.examples * _TIMES * _STEPS // 2

    @property
    def config(self) -> Settings:
        """The settings that the runtime reads."""
        return Settings(
            stage="test",
            service="Test",
            msg_out_arn="topic.fifo" if self.fifo else "topic",
            publishes=("Parcel",),
            idempotency_table="table",
            claims_bucket="claims",
            consumer=ConsumerSettings(
                name="work",
                queue_url="work",
                dead_letter_queue_url="dead-letters",
                retry=RetryPolicy(max_attempts=self.max_attempts, base=2, cap=60),
                fifo=self.fifo,
                concurrency=self.concurrency,
                guarantee=self.guarantee,
                on_requeue_failure=self.on_requeue_failure,
                payload_check=self.payload_check,
                senders=(OWN_ROLE,),
                claim_buckets={"OrderPlaced": "claims"},
            ),
        )

    @property
    def hypothesis(self) -> settings:
        """How hypothesis runs it."""
        return settings(
            max_examples=self.examples * _TIMES,
            stateful_step_count=_STEPS,
            derandomize=not LONG,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )


LEASE: Final = "lease"
COMPLETION: Final = "completion"

PROFILES: Final[tuple[Profile, ...]] = (
    Profile(name="standard"),
    Profile(name="raising", max_attempts=2, on_requeue_failure="raise"),
    Profile(name="lease", guarantee=LEASE),
    Profile(name="lease, payload check", examples=40, guarantee=LEASE, payload_check=True),
    Profile(name="completion", examples=80, guarantee=COMPLETION, max_attempts=12),
    Profile(name="threads", examples=60, concurrency=3, max_attempts=1),
    Profile(name="threads, lease", examples=60, concurrency=3, guarantee=LEASE),
    Profile(name="FIFO", fifo=True),
    Profile(name="FIFO, lease", fifo=True, guarantee=LEASE),
    Profile(
        name="FIFO, threads, completion, raising",
        examples=60,
        fifo=True,
        concurrency=3,
        guarantee=COMPLETION,
        on_requeue_failure="raise",
    ),
)
