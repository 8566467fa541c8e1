"""Every accepted message ends processed or in a dead-letter queue; effects of an idempotent handler
happen once; no attempt exceeds its maximum; FIFO order holds; no two messages share an identity; a
message is what it was, however it comes back and whoever has sent it; what a done message sent has
left: whatever fails, whenever the process dies.

`profiles.py` says how much is run, and how to run more of it.
"""

import pytest

from tests.unit.messaging.invariant.machine import machine, run
from tests.unit.messaging.invariant.profiles import LEAST_STEPS, PROFILES, Profile
from tests.unit.messaging.invariant.stage import Stage


@pytest.mark.timeout(3_600)  # Making a failing example small takes its time.
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_invariant_holds_whatever_fails(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(profile, monkeypatch)
    one = machine(stage.new_world)
    run(one, profile)
    with capsys.disabled():
        print(f"\n{profile.name}: {one.steps:,} steps", end=" ")  # noqa: T201 - an honest figure
    assert one.steps >= profile.least_steps


def test_ten_thousand_steps_are_run() -> None:
    assert sum(profile.least_steps for profile in PROFILES) >= LEAST_STEPS
