"""Run pytest: on the whole suite, as parts that run side by side, or as the user says."""

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ops.quality import child_process, parallel
from ops.quality.parallel import Command, Result

INVARIANT: Final = "tests/unit/messaging/invariant"
STACKS: Final = "tests/stacks"
RULES: Final = "tests/services/test_rules.py"
# What takes minutes and is run by its path, e.g. by CI.
PROFILES: Final = "tests/profiles"
NO_EMULATOR: Final = ("-m", "not emulator")
# Each test is in exactly one part: the marker divides, then two folders.
# All tests with an emulator are in one part and share the emulator; they mostly wait.
# The invariant has a process of its own: Hypothesis draws constants from the loaded modules, so
# that its steps would differ from run to run among other tests.
EMULATOR_PART: Final = {"emulator": ("-m", "emulator", "--ignore", PROFILES)}
FAST_PARTS: Final = {
    "unit": (
        *(*NO_EMULATOR, "--ignore", INVARIANT, "--ignore", STACKS, "--ignore", PROFILES),
        # Most of its time are rules over templates, so that it runs in the next part.
        f"--ignore={RULES}",
    ),
    "stacks": (*NO_EMULATOR, STACKS, RULES),
    "invariant": (*NO_EMULATOR, INVARIANT),
}
_NAME_WIDTH: Final = 9
# A line of pytest's summary, "== 1 failed, 2 passed in 3.45s ==", and what it counts.
_SUMMARY: Final = re.compile(r"=* ?\d+ \w+(, \d+ \w+)* in [\d.]+s( \([\d:]+\))? ?=*")
_COUNT: Final = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed)")
_COLOUR: Final = re.compile(r"\x1b\[[\d;]*m")


def run(root: Path, given: Sequence[str], *, fast: bool = False) -> int:
    """Run pytest and return its exit code; without arguments the whole suite.

    `fast` leaves out what needs an emulator.
    """
    if given:
        selected = NO_EMULATOR if fast else ()
        return child_process.run(root, "pytest", *selected, *arguments(given, Path.cwd()))
    return _run_parts(root, FAST_PARTS if fast else EMULATOR_PART | FAST_PARTS)


def arguments(given: Sequence[str], cwd: Path) -> list[str]:
    """Return pytest's arguments, paths made absolute: it runs in the project, people elsewhere."""
    return [_absolute(argument, cwd) for argument in given]


def _absolute(argument: str, cwd: Path) -> str:
    path, separator, test = argument.partition("::")
    exists = not argument.startswith("-") and (cwd / path).exists()
    return f"{cwd / path}{separator}{test}" if exists else argument


def _run_parts(root: Path, parts: dict[str, tuple[str, ...]]) -> int:
    """Show every line after the name of its part, then what failed, then the sum of all parts."""
    begun = time.monotonic()
    colour = ("--color=yes",) if sys.stdout.isatty() else ()
    # A team may have removed its own tests.
    gone = () if (root / RULES).exists() else (RULES,)
    commands = [
        Command(
            name,
            (sys.executable, "-m", "pytest", *colour, *(o for o in options if o not in gone)),
        )
        for name, options in parts.items()
    ]
    results = list(parallel.run(commands, cwd=root, env=os.environ, on_line=_print))
    sys.stdout.writelines(f"{line}\n" for line in report(results, time.monotonic() - begun))
    return next((result.code for result in results if result.code), 0)


def _print(command: Command, line: str) -> None:
    sys.stdout.write(f"{command.name:<{_NAME_WIDTH}} | {line}\n")
    sys.stdout.flush()


def report(results: Sequence[Result], seconds: float) -> list[str]:
    """Return what failed in all parts, and last how many tests passed and failed."""
    lines = [_COLOUR.sub("", line) for each in results for line in each.output.splitlines()]
    failed = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    broken = [
        f"{each.command.name}: pytest ended with exit code {each.code}"
        for each in results
        # 0: all passed; 1: some failed, which is reported line by line.
        if each.code not in (0, 1)
    ]
    counts = _counts(lines)
    texts = [f"{counts.pop('passed', 0)} passed", f"{counts.pop('failed', 0)} failed"]
    texts += [f"{number} {what}" for what, number in counts.items()]
    return ["", *failed, *broken, f"{', '.join(texts)} in {seconds:.0f} s"]


def _counts(lines: Iterable[str]) -> Counter[str]:
    """Add up the summary lines of pytest."""
    counts: Counter[str] = Counter()
    for line in lines:
        if _SUMMARY.fullmatch(line):
            for number, what in _COUNT.findall(line):
                counts["errors" if what == "error" else what] += int(number)
    return counts
