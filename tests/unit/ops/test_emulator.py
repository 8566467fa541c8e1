import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ops.errors import NotUp, OpsError, PortTaken
from ops.local import emulator, environment, ports, processes, state
from ops.local.state import Deployment, Emulator


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    emulator.stop(tmp_path / "state")


@pytest.fixture
def sleeper() -> Iterator[psutil.Process]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield psutil.Process(process.pid)
        process.kill()


def marked_sleeper(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["sleep", "60"], env={environment.MARKER: str(home), "PATH": os.environ["PATH"]}
    )


@pytest.mark.emulator
def test_it_listens_on_loopback_only(home: Path) -> None:
    running, started = emulator.start(home)
    assert started
    listening = [
        connection.laddr.ip
        for process in processes.marked(home)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN and connection.laddr
    ]
    assert listening == ["127.0.0.1"]
    assert emulator.healthy(running.port)


@pytest.mark.emulator
def test_a_second_start_finds_the_first(home: Path) -> None:
    first = emulator.start(home)[0]
    assert emulator.start(home) == (first, False)
    with pytest.raises(OpsError, match=f"already up on port {first.port}"):
        emulator.start(home, first.port + 1)


@pytest.mark.emulator
def test_stop_leaves_no_process_and_no_file_but_the_log(home: Path) -> None:
    running = emulator.start(home)[0]
    assert emulator.stop(home) == 1
    assert not psutil.pid_exists(running.pid)
    assert sorted(path.name for path in home.iterdir()) == ["emulator.lock", "emulator.log"]
    assert emulator.stop(home) == 0


@pytest.mark.emulator
def test_stop_ends_the_workers_of_an_emulator_that_was_killed(home: Path) -> None:
    running = emulator.start(home)[0]
    with marked_sleeper(home) as worker:
        emulator_process = psutil.Process(running.pid)
        emulator_process.kill()
        emulator_process.wait(5)
        assert emulator.stop(home) == 1
        assert worker.poll() is not None
    assert processes.marked(home) == []


@pytest.mark.emulator
def test_an_emulator_that_cannot_start_shows_its_log(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "_COMMAND", ("-P", "-m", "hypercorn", "no_such_module:app"))
    with pytest.raises(OpsError, match="no_such_module"):
        emulator.start(home)
    assert processes.marked(home) == []


def test_a_state_file_of_a_dead_process_means_down(home: Path) -> None:
    home.mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    state.write(home, Emulator(ended.pid, 1.0, 4566))
    assert emulator.running(home) is None
    with pytest.raises(NotUp):
        emulator.require(home)


@pytest.mark.parametrize("age", [0.0, 1000.0])
def test_a_recycled_process_id_is_never_taken_for_the_emulator(
    home: Path, sleeper: psutil.Process, age: float
) -> None:
    home.mkdir()
    state.write(home, Emulator(sleeper.pid, sleeper.create_time() - age, 4566))
    assert emulator.running(home) is None
    assert emulator.stop(home) == 0
    assert sleeper.is_running()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_state_file_means_down(home: Path, text: str) -> None:
    home.mkdir()
    (home / "emulator.json").write_text(text)
    assert state.read_emulator(home) is None


def test_what_was_written_is_read(home: Path) -> None:
    home.mkdir()
    state.write(home, Emulator(1, 2.5, 3))
    state.write(home, Deployment("shop", "local"))
    assert state.read_emulator(home) == Emulator(1, 2.5, 3)
    assert state.read_deployment(home) == Deployment("shop", "local")


@pytest.fixture
def occupied() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.enable_socket
def test_the_next_free_port_is_taken(occupied: int) -> None:
    with ports.reserve(None, first=occupied) as first:
        assert first.getsockname()[1] > occupied


@pytest.mark.enable_socket
def test_a_port_is_reserved_for_one_at_a_time(occupied: int) -> None:
    with ports.reserve(None, occupied) as first, ports.reserve(None, occupied) as second:
        assert first.getsockname() != second.getsockname()


@pytest.mark.enable_socket
def test_a_wanted_port_that_is_occupied_is_an_error_that_names_its_owner(occupied: int) -> None:
    with pytest.raises(PortTaken, match=f"port {occupied} is taken by .*pid {os.getpid()}"):
        ports.reserve(occupied)
