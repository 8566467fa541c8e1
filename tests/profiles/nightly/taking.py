"""A plugin of pytest beside `tests.profiles.recording`, `-p tests.profiles.nightly.taking --results
FILE`: runs the tests, which are recorded. Then it takes each permission that was used away, one at
a time, and runs a test that used it once more: the test must fail, or at least be denied the call.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from ops.local import emulator
from ops.local.aws import Aws
from ops.polling import wait_until
from tests.permissions import Permission, without
from tests.profiles import recording

# The tests that are tried for one permission, the quickest first. Few tests notice what a function
# does for the case of a second delivery, so that the first ones may pass.
TRIES: Final = 5
# A message whose mark is missing is handled again if a copy comes, as a crash may have it too.
# That the marks work is held by the unit tests and the invariant machine.
TOLERATED: Final = (
    ("dynamodb:BatchWriteItem", "*HandledTable*", "a message that was handled is noted as done"),
    ("dynamodb:DeleteItem", "*HandledTable*", "the claim of a failed message ends with its lease"),
)
# A test without a permission waits for what will not come: seconds, and times its usual duration.
_LEAST_SECONDS: Final = 3.0
_TIMES: Final = 2.0


@dataclass(frozen=True)
class Result:
    """What became of the tests without a permission; `failed` names the test that needs it, and
    `denied` is whether a test was denied it at least, where the runtime tolerates that. The
    `broken` fail with it, too, when they are repeated.
    """

    permission: Permission
    failed: str | None
    denied: bool
    unharmed: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.addoption("--results", type=Path, required=True, help="the file to write")
    parser.addoption("--only", default="", help="take permissions away whose text contains this")


def pytest_configure(config: pytest.Config) -> None:
    """Measure the tests, and take permissions away after the last one."""
    config.pluginmanager.register(_Taker(config))


class _Taker:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how long a test takes that passes."""
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = report.duration

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every test, and then one for each permission; the emulators stay up meanwhile."""
        # What a session's fixtures made stays up: after the last test, too, a node follows.
        following: tuple[Any, ...] = (*session.items[1:], session)
        for item, after in zip(session.items, following, strict=True):
            self.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        recording.note_granted(self.config)
        if not session.testsfailed:
            results = list(self._take_each(session.items))
            texts = [{**asdict(each), "permission": str(each.permission)} for each in results]
            file: Path = self.config.getoption("--results")
            file.write_text(json.dumps(texts, indent=1))
        session._setupstate.teardown_exact(None)
        return True

    def _take_each(self, items: Sequence[pytest.Item]) -> Iterator[Result]:
        plan = self._plan({item.nodeid: item for item in items})
        for number, (permission, tests) in enumerate(plan, 1):
            result = self._take(permission, tests)
            what = "denied" if result.denied else "NO TEST FAILS"
            found = result.failed or f"{what}, {len(result.broken)} cannot be repeated"
            sys.stderr.write(
                f"[{number}/{len(plan)}] {result.seconds:4.1f} s  {permission}  {found}\n"
            )
            yield result

    def _plan(
        self, items: dict[str, pytest.Item]
    ) -> list[tuple[Permission, Sequence[pytest.Item]]]:
        """Return each permission and tests that use it; those of one module follow each other."""
        done: recording.Recording = self.config.stash[recording.KEY]
        only: str = self.config.getoption("--only")
        plan = []
        for permission in sorted(done.granted):
            users = [
                items[test]
                for test, used in done.used.items()
                if test in self.seconds and any(permission.covers(each) for each in used)
            ]
            users.sort(key=lambda item: self.seconds[item.nodeid])
            if users and only in str(permission):
                plan.append((permission, users[:TRIES]))
        return sorted(plan, key=lambda each: str(each[1][0].path))

    def _take(self, permission: Permission, tests: Sequence[pytest.Item]) -> Result:
        begun, unharmed, broken, failed, denied = time.monotonic(), [], [], None, False
        for item in tests:
            # First with the permission: this makes the fixtures of the module, too.
            if not _passes(item):
                broken.append(item.nodeid)
                continue
            fails, was_denied = self._without(permission, item)
            if fails and was_denied:
                failed = item.nodeid
                break
            unharmed.append(item.nodeid)
            if denied := was_denied and is_tolerated(permission):
                break
        seconds = time.monotonic() - begun
        return Result(permission, failed, denied, tuple(unharmed), tuple(broken), seconds)

    def _without(self, permission: Permission, item: pytest.Item) -> tuple[bool, bool]:
        """Return whether a test fails without a permission, and whether it was denied it."""
        seconds = max(_LEAST_SECONDS, _TIMES * self.seconds[item.nodeid])
        home = next(home for home in recording.homes(self.config) if _has(home, permission.role))
        aws = Aws(emulator.require(home).endpoint)
        with without(aws, permission), _waiting(seconds):
            failed = not _passes(item)
        return failed, any(map(permission.covers, self.config.stash[recording.KEY].denied))


def is_tolerated(permission: Permission) -> bool:
    """Return whether the runtime goes on without a permission."""
    return any(
        permission.action == action and fnmatchcase(permission.resource, pattern)
        for action, pattern, _ in TOLERATED
    )


def _has(home: Path, role: str) -> bool:
    iam = Aws(emulator.require(home).endpoint).iam
    try:
        iam.get_role(RoleName=role)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


@contextmanager
def _waiting(seconds: float) -> Iterator[None]:
    """Let tests wait so many seconds where they say nothing else."""
    defaults = wait_until.__kwdefaults__
    assert defaults is not None
    before = defaults["seconds"]
    defaults["seconds"] = seconds
    try:
        yield
    finally:
        defaults["seconds"] = before


def _passes(item: pytest.Item) -> bool:
    # What is left of another module goes first, or pytest refuses the test.
    item.session._setupstate.teardown_exact(item)
    # The fixtures of the module stay, and those of the test go.
    module: pytest.Item = item.parent  # type: ignore[assignment]
    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=module))
