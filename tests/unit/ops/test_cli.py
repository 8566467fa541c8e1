import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops import cli
from ops.demo import catalog
from ops.errors import OpsError
from ops.quality import tests
from topology import registry

COMMANDS = ("up", "down", "status", "endpoints", "demo", "check", "test")


@pytest.fixture(autouse=True)
def empty_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "STATE", tmp_path / "state")


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(cli.app, arguments)
    return result.exit_code, result.output, result.exception


def test_help_is_a_map_of_the_commands() -> None:
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


def test_an_unknown_demo_names_those_there_are() -> None:
    assert isinstance(error := run("demo", "nowhere")[2], OpsError)
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


def test_an_unknown_system_names_those_there_are() -> None:
    assert isinstance(error := run("up", "--system", "nope")[2], OpsError)
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


def test_paths_given_to_the_tests_count_from_where_the_user_is(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").touch()
    given = ["test_mine.py::test_a[b]", "tests/unit", "-k", "retry", "--lf"]
    expected = [f"{tmp_path}/test_mine.py::test_a[b]", *given[1:]]
    assert tests.arguments(given, tmp_path) == expected
