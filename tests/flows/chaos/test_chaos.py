"""Messages through SNS, SQS and functions while calls fail and workers are killed.

`CHAOS_MESSAGES=5000 ./waystation test tests/flows/chaos`, or `./waystation chaos`, is the whole of
it; an ordinary run sends fewer.
"""

import os
from pathlib import Path

import pytest

from ops.local.progress import Progress
from tests.flows.chaos.run import run

FEWER = "200"


@pytest.mark.timeout(1800)
def test_every_message_is_processed_once_or_dead_with_a_reason(tmp_path: Path) -> None:
    result = run(tmp_path, int(os.environ.get("CHAOS_MESSAGES", FEWER)), Progress())

    assert result.account.problems == []
    assert result.account.complete
    # Otherwise nothing was proven.
    assert result.kills > 0
    assert result.faults.total() > 0
    assert any(not invocation.ended for invocation in result.evidence.invocations.values())
