import io
import sys

from rich.console import Console

from ops.quality.check import STEPS, check
from ops.quality.parallel import Command


def script(name: str, code: str) -> Command:
    return Command(name, (sys.executable, "-c", code))


def test_the_checks_are_those_of_ci() -> None:
    assert [step.name for step in STEPS] == [
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "cfn-lint on every template",
        "cdk-nag on every stack",
    ]


def test_every_step_runs_and_one_failure_fails_all() -> None:
    out = io.StringIO()
    steps = [
        script("slow", "import time; time.sleep(0.2)"),
        script("broken", "print('why [it] broke'); raise SystemExit(3)"),
        script("last", "print('quiet when ok')"),
    ]
    assert not check(Console(file=out, width=80), steps)
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines if not line.startswith("why")] == [
        "ok",
        "failed",
        "ok",
    ]
    assert "why [it] broke" in lines
    assert "quiet when ok" not in out.getvalue()


def test_all_ok_is_ok() -> None:
    assert check(Console(file=io.StringIO()), [script("fine", "")])
