import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ops.paths import ROOT
from ops.quality import tests
from ops.quality.parallel import Command, Result

TWO_TESTS = """
import pytest

@pytest.mark.emulator
def test_in_the_emulator():
    assert {emulated}

def test_here():
    assert {here}
"""


def result(name: str, code: int, *lines: str) -> Result:
    return Result(Command(name, ()), code, 1.0, "\n".join(lines))


@pytest.fixture
def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that makes a project with four tests, one in each part."""
    # Plugins would take most of the time.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return functools.partial(project, tmp_path)


def project(folder: Path, *, emulated: bool = True, here: bool = True) -> Path:
    (folder / "pyproject.toml").write_text(
        '[tool.pytest]\nstrict = true\nmarkers = ["emulator"]\ntestpaths = ["tests"]\n'
        'addopts = ["--import-mode=importlib"]\n'
    )
    for name in (tests.STACKS, tests.INVARIANT):
        (folder / name).mkdir(parents=True)
        (folder / name / "test_one.py").write_text("def test_one():\n    pass\n")
    (folder / "tests" / "test_two.py").write_text(TWO_TESTS.format(emulated=emulated, here=here))
    return folder


def test_paths_given_to_the_tests_count_from_where_the_user_is(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").touch()
    given = ["test_mine.py::test_a[b]", "tests/unit", "-k", "retry", "--lf"]
    expected = [f"{tmp_path}/test_mine.py::test_a[b]", *given[1:]]
    assert tests.arguments(given, tmp_path) == expected


@pytest.mark.parametrize(
    ("fast", "parts", "passed"),
    [(False, {"emulator", "unit", "stacks", "invariant"}, 4), (True, set(tests.FAST_PARTS), 3)],
)
def test_each_test_runs_in_one_part_and_the_last_line_counts_all(
    make_project: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    fast: bool,
    parts: set[str],
    passed: int,
) -> None:
    assert tests.run(make_project(), [], fast=fast) == 0
    *shown, last = capsys.readouterr().out.splitlines()
    assert last.startswith(f"{passed} passed, 0 failed in ")
    assert {line.partition(" ")[0] for line in shown if line} == parts


def test_a_failure_is_repeated_at_the_end_and_is_the_exit_code(
    make_project: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tests.run(make_project(here=False), []) == 1
    *_, failed, last = capsys.readouterr().out.splitlines()
    assert failed.startswith("FAILED tests/test_two.py::test_here")
    assert last.startswith("3 passed, 1 failed in ")


@pytest.mark.parametrize("fast", [False, True])
def test_given_arguments_are_one_run_of_pytest(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []

    def record(root: Path, module: str, *arguments: str) -> int:
        calls.append((module, *arguments))
        return 2

    monkeypatch.setattr("ops.quality.child_process.run", record)
    assert tests.run(ROOT, ["-k", "retry"], fast=fast) == 2
    assert calls == [("pytest", *(tests.NO_EMULATOR if fast else ()), "-k", "retry")]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([result("a", 0, "=== 3 passed in 1.20s ===")], ["3 passed, 0 failed in 9 s"]),
        (
            [
                result("a", 1, "FAILED a::b - no", "= 1 failed, 2 passed, 4 deselected in 1.20s ="),
                result(
                    "b", 1, "ERROR c::d", "== 1 passed, 1 error, 2 skipped in 70.1s (0:01:10) ="
                ),
            ],
            ["FAILED a::b - no", "ERROR c::d", "3 passed, 1 failed, 1 errors, 2 skipped in 9 s"],
        ),
        (
            [result("a", 0, "\x1b[32m=== \x1b[1m3 passed\x1b[0m in 1.2s ===\x1b[0m")],
            ["3 passed, 0 failed in 9 s"],
        ),
        (
            [
                result("a", 4, "ERROR: not found: tests/stacks"),
                result("b", 0, "= 1 passed in 1.0s ="),
            ],
            ["a: pytest ended with exit code 4", "1 passed, 0 failed in 9 s"],
        ),
        ([result("a", 1, "1 passed in 2.0s, said a test")], ["0 passed, 0 failed in 9 s"]),
    ],
)
def test_the_report_sums_up_all_parts(results: Sequence[Result], expected: list[str]) -> None:
    assert tests.report(results, 9.4) == ["", *expected]
