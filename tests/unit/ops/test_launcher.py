import subprocess
from pathlib import Path

import pytest

from ops.paths import ROOT
from tests.unit.ops.launcher import NAMES, Launcher, make


@pytest.fixture
def launcher(tmp_path: Path) -> Launcher:
    return make(tmp_path)


def test_the_first_run_installs_everything_and_runs_the_command(launcher: Launcher) -> None:
    launcher.have("python3")
    code, out, err = launcher.run("status", "two words")
    assert (code, out) == (0, f"ran in {launcher.tools}: <status> <two words>")
    assert [call.split(" ")[1] for call in launcher.calls] == [
        "venv",
        "pip",
        "uv",
        call_of_npm(launcher),
        "-m",
    ]
    assert all(line.startswith("waystation: ") for line in err.splitlines())


def call_of_npm(launcher: Launcher) -> str:
    return next(call.split(" ")[1] for call in launcher.calls if "npm-cli.js" in call)


def test_a_second_run_installs_nothing_and_says_nothing(launcher: Launcher) -> None:
    launcher.have("python3")
    launcher.run()
    before = len(launcher.calls)
    assert launcher.run("status") == (0, f"ran in {launcher.tools}: <status>", "")
    assert launcher.calls[before:] == ["-P -m ops status"]


@pytest.mark.parametrize(
    ("file", "installer"),
    [("requirements.txt", "-m uv pip sync"), ("package-lock.json", "npm-cli.js ci")],
)
def test_a_changed_pin_installs_that_part_again(
    launcher: Launcher, file: str, installer: str
) -> None:
    launcher.have("python3")
    launcher.run()
    before = len(launcher.calls)
    with (launcher.home / file).open("a") as pins:
        pins.write("\n# changed\n")
    launcher.run()
    installs = [
        call
        for call in launcher.calls[before:]
        if "-P -m ops" not in call and "pip install" not in call
    ]
    assert len(installs) == 1
    assert installer in installs[0]


def test_an_interrupted_install_heals(launcher: Launcher) -> None:
    launcher.have("python3")
    launcher.broken.touch()
    code, out, err = launcher.run()
    assert (code, out) == (1, "")
    assert "could not install requirements.txt" in err
    launcher.broken.unlink()
    assert launcher.run()[0] == 0


def test_a_moved_folder_installs_again(launcher: Launcher) -> None:
    launcher.have("python3")
    launcher.run()
    launcher.home = launcher.home.rename(launcher.home.parent / "moved")
    assert "installing Python packages" in launcher.run()[2]


def test_it_runs_through_a_symbolic_link_from_another_folder(
    launcher: Launcher, tmp_path: Path
) -> None:
    launcher.have("python3")
    launcher.run()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link").symlink_to("../my project/waystation")
    (tmp_path / "waystation").symlink_to(tmp_path / "a" / "link")
    linked = Launcher(tmp_path, launcher.tools)
    assert linked.run("x", cwd=tmp_path) == (0, f"ran in {tmp_path}: <x>", "")


def test_without_python_it_says_so(launcher: Launcher) -> None:
    code, _, err = launcher.run()
    assert code == 1
    assert "needs Python 3.11 or later, found no Python" in err


def test_an_old_python_is_named_with_its_version(launcher: Launcher) -> None:
    launcher.have("python3")
    launcher.version, launcher.unfit = "3.9.2", 3
    code, _, err = launcher.run()
    assert code == 1
    assert "found only 3.9.2" in err


def test_a_python_without_venv_names_the_package_to_install(launcher: Launcher) -> None:
    launcher.have("python3")
    launcher.unfit = 4
    code, _, err = launcher.run()
    assert code == 1
    assert "3.12.1" in err
    assert "apt install python3-venv" in err


@pytest.mark.parametrize("name", NAMES)
def test_python_is_found_under_any_usual_name(launcher: Launcher, name: str) -> None:
    launcher.have(name)
    assert f"bin/{name})" in launcher.run()[2]


def test_a_lock_whose_owner_died_is_taken_over(launcher: Launcher) -> None:
    launcher.have("python3")
    ended = subprocess.Popen(["true"])
    ended.wait()
    lock(launcher, ended.pid)
    assert launcher.run()[0] == 0


def test_a_second_run_waits_for_the_one_that_installs(launcher: Launcher) -> None:
    launcher.have("python3")
    with subprocess.Popen(["sleep", "60"]) as owner:
        held = lock(launcher, owner.pid)
        second = launcher.start("status")
        assert second.stderr is not None
        assert f"waiting for process {owner.pid}" in second.stderr.readline()
        assert launcher.calls == []
        held.unlink()
        owner.kill()
    out, _ = second.communicate(timeout=30)
    assert out.endswith("<status>")


def lock(launcher: Launcher, pid: int) -> Path:
    path = launcher.home / ".waystation" / "install.lock"
    path.parent.mkdir()
    path.symlink_to(str(pid))
    return path


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_in_a_moved_folder_the_venv_is_made_anew(launcher: Launcher) -> None:
    """Its scripts and its `activate` name the old folder."""
    launcher.have("python3")
    launcher.run()
    stamp = launcher.home / ".venv" / ".waystation"
    first, _, rest = stamp.read_text().partition("\n")
    stamp.write_text(f"{first}-before\n{rest}")
    before = len(launcher.calls)
    launcher.run()
    assert any("-m venv --clear" in call for call in launcher.calls[before:])
