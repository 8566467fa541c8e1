import dataclasses
import importlib
import json

import pytest

from benchmarks import main
from benchmarks.result import Goal, Result
from benchmarks.suite import SUITE, Benchmark, Say
from ops.errors import OpsError

GOOD = Result(name="good", goal=Goal(0.5), ours=1, theirs=4, unit="ms", runs=1, notes=("told",))
BAD = dataclasses.replace(GOOD, name="bad", ours=3)


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"good": GOOD, "bad": BAD}

    def run(self: Benchmark, name: str, say: Say) -> Result:
        say("works")
        return found[name]

    monkeypatch.setattr(Benchmark, "run", run)
    monkeypatch.setattr(main, "SUITE", dict.fromkeys(found, Benchmark("none", "none", Goal(0.5))))


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize(("name", "code"), [("good", 0), ("bad", 1), (None, 1)])
def test_the_exit_code_says_whether_every_goal_was_met(name: str | None, code: int) -> None:
    assert main.run(name, as_json=True) == code


@pytest.mark.usefixtures("suite")
def test_json_goes_to_stdout_and_progress_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(None, as_json=True)

    out, err = capsys.readouterr()
    assert [(each["name"], each["ratio"]) for each in json.loads(out)] == [
        ("good", 0.25),
        ("bad", 0.75),
    ]
    assert "good: works" in err


@pytest.mark.usefixtures("suite")
def test_people_see_which_goal_was_missed(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(None, as_json=False)

    shown = capsys.readouterr().out
    assert "0.250" in shown
    assert "missed" in shown
    assert "told" in shown


def test_a_name_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(OpsError, match=r"cold-start, .*topology-load"):
        main.run("coldstart", as_json=False)


@pytest.mark.parametrize("name", SUITE)
def test_every_benchmark_can_be_found(name: str) -> None:
    module = importlib.import_module(f"benchmarks.cases.{SUITE[name].module}")

    assert callable(getattr(module, SUITE[name].function))
