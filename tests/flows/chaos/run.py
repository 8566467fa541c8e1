"""The chaos flow from first to last: read `run` as the list of what happens."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ops.inspect import status
from ops.local import emulator
from ops.local.progress import Progress
from ops.polling import wait_until
from tests.flows.chaos import faults, load
from tests.flows.chaos.account import Account, Auditor
from tests.flows.chaos.deployment import Deployed, deploy_system, lead_through
from tests.flows.chaos.evidence import collect
from tests.flows.chaos.faults import Proxy
from tests.flows.chaos.journal import Journal
from tests.flows.chaos.kills import Killer
from tests.flows.chaos.lambdas.chaos_desk.handler import Task
from tests.flows.chaos.records import Evidence

# Messages a second that are published: more than are handled among faults.
_RATE: Final = 100
_SLICE_SECONDS: Final = 2.0
# Invocations per killed worker, about.
_KILL_EVERY: Final = 8
# The faults stop when so many of the messages were in an invocation that ended, or out of time.
_SHARE: Final = 0.9
_POLL: Final = 0.5
_FIRST: Final = 60


@dataclass(frozen=True)
class Result:
    """What was done to the messages, and what became of them."""

    account: Account
    evidence: Evidence
    faults: Counter[str]
    kills: int
    chaos_seconds: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        account, dead = self.account, [i for i in self.evidence.invocations.values() if not i.ended]
        return {
            "messages": account.messages,
            "followUps": account.follow_ups,
            "chaosSeconds": round(self.chaos_seconds, 1),
            "seconds": round(self.seconds, 1),
            "faults": dict(self.faults.most_common()),
            "kills": self.kills,
            "invocations": len(self.evidence.invocations),
            "invocationsThatDied": len(dead),
            "ofThemTimedOut": self.evidence.timeouts,
            "processed": account.processed,
            "processedWithOneEffect": account.once,
            "dead": account.only_dead,
            "deadLetters": dict(account.dead),
            "deadAsPlanned": account.dead_as_planned,
            "furtherCopiesOfDeadLetters": account.more_letters,
            "effectTwice": account.twice,
            "processedAndDead": account.both,
            "mostAttempts": account.most_attempts,
            "problems": account.problems,
            "complete": account.complete,
        }


def run(home: Path, count: int, progress: Progress) -> Result:
    """Deploy, send `count` messages into the chaos, wait until all is quiet, account for each."""
    try:
        deployed = deploy_system(home, progress)
        with faults.running(deployed.running.endpoint, home / "proxy.log") as proxy:
            lead_through(deployed, proxy.url)
            return _drive(deployed, proxy, load.tasks(max(0, count - _FIRST)), progress)
    finally:
        emulator.stop(home)


def _drive(deployed: Deployed, proxy: Proxy, tasks: dict[str, Task], progress: Progress) -> Result:
    first = _warm_up(deployed)
    begun = time.monotonic()
    journal = Journal(deployed.journal)
    killer = Killer(deployed.running.pid, journal, _KILL_EVERY)
    progress.say(f"{len(tasks)} messages more, with faults and kills")
    end, wanted = begun + 60 + len(tasks) / 10, _SHARE * len(first | tasks)
    with killer, ThreadPoolExecutor(1) as pool:
        seconds = len(tasks) / _RATE
        publishing = pool.submit(load.publish, deployed.aws, deployed.topic, tasks, seconds)
        faults.rotate(
            proxy, _SLICE_SECONDS, lambda: len(journal.seen) > wanted or time.monotonic() > end
        )
        publishing.result()
    proxy.stop_injecting()
    chaos = time.monotonic() - begun
    progress.say(f"the faults stop, after {len(killer.killed)} kills; waiting until all is quiet")
    _drain(deployed, progress, seconds=120 + len(tasks) / 10)
    drained = time.monotonic() - begun
    evidence = collect(deployed)
    account = Auditor(evidence, killer.killed, deployed.topic).audit(first | tasks)
    return Result(account, evidence, proxy.fired(), len(killer.killed), chaos, drained)


def _warm_up(deployed: Deployed) -> dict[str, Task]:
    """Send the first messages, and wait until one of their batches ended: workers are there."""
    first = load.tasks(_FIRST)
    load.publish(deployed.aws, deployed.topic, first, 0)
    wait_until(lambda: "ended" in deployed.journal.read_text(), "the first batch")
    return first


def _drain(deployed: Deployed, progress: Progress, seconds: float) -> None:
    """Wait until the queues are empty, and still are a moment later."""
    end, reported, quiet = time.monotonic() + seconds, time.monotonic(), 0
    while quiet < 3:
        waiting = status.backlog(deployed.aws, deployed.services)
        quiet = 0 if waiting else quiet + 1
        if time.monotonic() > end:
            progress.say(f"gave up; {waiting} messages are still on their way")
            return
        if time.monotonic() - reported > 5:
            reported = time.monotonic()
            progress.say(f"{waiting} messages on their way")
        time.sleep(_POLL)
