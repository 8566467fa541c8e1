import dataclasses
import importlib
import json

import pytest

from benchmarks import main
from benchmarks.result import Goal, Result
from benchmarks.suite import SUITE, Benchmark, Report
from ops.errors import UnknownName

GOOD = Result(
    name="good", goal=Goal(0.5), waystation=1, baseline=4, unit="ms", runs=1, notes=("a note",)
)
BAD = dataclasses.replace(GOOD, name="bad", waystation=3)


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"good": GOOD, "bad": BAD}

    def run(self: Benchmark, name: str, report: Report) -> Result:
        report("works")
        return found[name]

    monkeypatch.setattr(Benchmark, "run", run)
    monkeypatch.setattr(main, "SUITE", dict.fromkeys(found, Benchmark("none", "none", Goal(0.5))))


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize(
    ("names", "code"), [(["good"], 0), (["bad"], 1), (["good", "bad"], 1), ([], 1)]
)
def test_the_exit_code_says_whether_every_goal_was_met(names: list[str], code: int) -> None:
    assert main.run(names, as_json=True) == code


@pytest.mark.usefixtures("suite")
def test_json_goes_to_stdout_and_progress_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    main.run([], as_json=True)

    out, err = capsys.readouterr()
    assert [(each["name"], each["ratio"]) for each in json.loads(out)] == [
        ("good", 0.25),
        ("bad", 0.75),
    ]
    assert "good: works" in err


@pytest.mark.usefixtures("suite")
def test_people_see_which_goal_was_missed(capsys: pytest.CaptureFixture[str]) -> None:
    main.run([], as_json=False)

    shown = capsys.readouterr().out
    assert "0.250" in shown
    assert "missed" in shown
    assert "a note" in shown


def test_an_unknown_name_is_an_error_with_a_suggestion_and_all_names() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'cold-start'\?") as raised:
        main.run(["coldstart"], as_json=False)
    assert all(name in str(raised.value) for name in SUITE)


@pytest.mark.parametrize("name", SUITE)
def test_every_benchmark_can_be_found(name: str) -> None:
    module = importlib.import_module(f"benchmarks.cases.{SUITE[name].module}")

    assert callable(getattr(module, SUITE[name].function))
