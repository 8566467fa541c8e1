import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops import __version__, cli
from ops.demo import catalog
from ops.errors import OpsError, UnknownName
from ops.paths import ROOT
from topology import registry

COMMANDS = ("up", "down", "status", "endpoints", "demo", "check", "bench", "chaos", "test")


@pytest.fixture(autouse=True)
def empty_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "STATE", tmp_path / "state")


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(cli.app, arguments)
    return result.exit_code, result.output, result.exception


def test_help_lists_the_commands() -> None:
    code, text, _ = run("--help")
    assert code == 0
    for command in COMMANDS:
        assert f" {command} " in text
    assert "Examples:" in text


@pytest.mark.parametrize("command", COMMANDS[:-1])
def test_every_command_explains_itself(command: str) -> None:
    assert run(command, "--help")[0] == 0


def test_the_list_of_demos_names_each_with_its_system() -> None:
    listed = json.loads(run("demo", "--list", "--json")[1])
    named = {each["name"]: each["system"] for each in listed}
    assert named == {demo.name: demo.system for demo in catalog.demos().values()}
    text = run("demo", "--list")[1]
    assert all(demo.name in text and demo.about in text for demo in catalog.demos().values())


def test_an_unknown_demo_is_wrong_usage_and_names_those_there_are() -> None:
    assert isinstance(error := run("demo", "nowhere")[2], UnknownName)
    assert error.exit_code == 2
    assert all(name in str(error) for name in catalog.demos())


def test_down_with_nothing_up_is_fine() -> None:
    assert run("down")[:2] == (0, "nothing was running\n")


def test_status_tells_a_script_that_it_is_down() -> None:
    code, text, _ = run("status", "--json")
    assert code == 3
    assert '"emulator": null' in text


def test_endpoints_without_an_emulator_say_how_to_start_one() -> None:
    assert isinstance(error := run("endpoints")[2], OpsError)
    assert "./waystation up" in str(error)


def test_an_unknown_system_is_wrong_usage_and_names_those_there_are() -> None:
    assert isinstance(error := run("up", "--system", "nope")[2], UnknownName)
    assert error.exit_code == 2
    assert all(name in str(error) for name in registry.systems())


def test_an_expected_error_is_a_message_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["waystation", "endpoints"])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    assert capsys.readouterr().err.startswith("waystation: the local environment is not up")


def test_the_version_is_printed_and_stands_in_one_place() -> None:
    assert run("--version")[:2] == (0, f"waystation {__version__}\n")
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text()).get("project", {})
    assert not any("version" in each for each in (package, lock, lock["packages"][""], project))


@pytest.mark.parametrize(
    ("given", "passed", "fast"),
    [
        (["-x", "tests/unit", "-k", "retry"], ["-x", "tests/unit", "-k", "retry"], False),
        (["--fast"], [], True),
        (["--lf", "--fast", "-vv", "--help"], ["--lf", "-vv", "--help"], True),
    ],
)
def test_arguments_of_test_go_to_pytest_but_for_fast(
    given: list[str], passed: list[str], fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[object] = []

    def record(root: Path, arguments: list[str], *, fast: bool) -> int:
        received.extend((arguments, fast))
        return 7

    monkeypatch.setattr("ops.quality.tests.run", record)
    assert run("test", *given)[0] == 7
    assert received == [passed, fast]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        (["bench"], ["benchmarks"]),
        (["bench", "--json", "overhead", "throughput"], ["benchmarks", "overhead", "throughput"]),
        (["chaos", "--messages", "300"], ["tests.flows.chaos", "--messages", "300"]),
    ],
)
def test_bench_and_chaos_are_programs_whose_exit_code_is_kept(
    given: list[str], passed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[str] = []

    def record(root: Path, *arguments: str) -> int:
        received.extend(arguments)
        return 5

    monkeypatch.setattr("ops.quality.child_process.run", record)
    assert run(*given)[0] == 5
    assert received == [*passed, *(["--json"] if "--json" in given else [])]
