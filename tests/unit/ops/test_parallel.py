import os
import sys
import time
from pathlib import Path

import psutil

from ops.quality import parallel
from ops.quality.parallel import Command


def script(name: str, code: str) -> Command:
    return Command(name, (sys.executable, "-c", code))


def run(*commands: Command, **options: parallel.OnLine) -> list[parallel.Result]:
    return list(parallel.run(commands, cwd=Path.cwd(), env=os.environ, **options))


def test_results_come_in_the_order_of_the_commands() -> None:
    found = run(
        script("slow", "import time; time.sleep(0.3); print('out')"),
        script("broken", "import sys; sys.stderr.write('err\\n'); sys.exit(3)"),
        script("last", ""),
    )
    assert [(each.command.name, each.code, each.output) for each in found] == [
        ("slow", 0, "out"),
        ("broken", 3, "err"),
        ("last", 0, ""),
    ]
    assert found[0].seconds > 0.3


def test_two_commands_run_at_once_and_no_third(tmp_path: Path) -> None:
    meet = (
        "import pathlib, sys, time; me, other = map(pathlib.Path, sys.argv[1:]); me.touch()\n"
        "while not other.exists(): time.sleep(0.01)"
    )
    paths = [str(tmp_path / name) for name in "ab"]
    third = f"import os; print(sorted(os.listdir({str(tmp_path)!r})))"
    found = run(
        Command("a", (sys.executable, "-c", meet, *paths)),
        Command("b", (sys.executable, "-c", meet, *reversed(paths))),
        script("third", third),
    )
    assert [each.code for each in found] == [0, 0, 0]
    assert found[2].output == "['a', 'b']"


def test_a_line_is_handed_on_before_its_command_ends() -> None:
    lines: dict[str, float] = {}
    code = "import time; print('first', flush=True); time.sleep(0.5); print('2nd')"
    run(script("two", code), on_line=lambda command, line: lines.update({line: time.monotonic()}))
    assert lines["2nd"] - lines["first"] > 0.3


def test_what_still_runs_is_ended_with_its_children_when_left_early(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "import pathlib, subprocess; child = subprocess.Popen(['sleep', '60'])\n"
        f"path = pathlib.Path({str(pid)!r}); new = path.with_suffix('.new')\n"
        "new.write_text(str(child.pid)); new.rename(path); child.wait()"
    )
    wait = f"import os, time\nwhile not os.path.exists({str(pid)!r}): time.sleep(0.01)"
    commands = (script("first", wait), script("long", code))
    results = parallel.run(commands, cwd=Path.cwd(), env=os.environ)
    assert next(results).command.name == "first"
    results.close()  # type: ignore[attr-defined]
    assert not psutil.pid_exists(int(pid.read_text()))
