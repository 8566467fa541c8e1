import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from ops.local.progress import Progress
from ops.local.stack_events import Stacks, State, stacks_of


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("local-Shop: deploying... [2/13]", "deploying"),
        ("✅  local-Shop", "done"),
        (" ✅  local-Shop (no changes)", "unchanged"),
        ("❌  local-Shop failed to deploy", "failed"),
        ("❌  local-Shop failed: Error: The stack named local-Shop failed", "failed"),
    ],
)
def test_a_line_of_the_cli_changes_a_stacks_state(line: str, state: State) -> None:
    stacks = Stacks({"local-Shop": "waiting", "local-Shopping": "waiting"})
    assert stacks.read(line) == "local-Shop"
    assert stacks.states == {"local-Shop": state, "local-Shopping": "waiting"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "✅  somebody-elses-stack",
        "local-Shop: creating stack...",
        "local-Shop | 2 | 1:27:56 AM | CREATE_COMPLETE | AWS::SNS::Topic | T",
        "local-Shop.MsgIn = arn:aws:sns:us-east-1:000000000000:local-Shop-MsgIn",
    ],
)
def test_other_lines_change_nothing(line: str) -> None:
    stacks = Stacks({"local-Shop": "waiting"})
    assert stacks.read(line) is None
    assert stacks.states == {"local-Shop": "waiting"}


def test_the_reason_of_a_failure_is_kept() -> None:
    stacks = Stacks({"local-Shop": "waiting"})
    reasons = [
        "local-Shop | 1 | 1:27:56 AM | CREATE_FAILED | AWS::SNS::Topic | T no such key",
        "❌  local-Shop failed to deploy",
        "‣ ValidationError: Template format error",
    ]
    for line in ("local-Shop: deploying... [1/1]", *reasons, "Stack ARN:"):
        stacks.read(line)
    assert stacks.reasons == reasons


def test_the_stacks_of_an_assembly_begin_waiting(tmp_path: Path) -> None:
    artifacts = {
        "A": {"type": "aws:cloudformation:stack", "properties": {"stackName": "local-A"}},
        "B": {"type": "aws:cloudformation:stack"},
        "B.assets": {"type": "cdk:asset-manifest"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    assert stacks_of(tmp_path).states == {"local-A": "waiting", "B": "waiting"}


def test_without_a_terminal_each_finished_stack_is_a_line() -> None:
    stacks, out = Stacks({"local-A": "waiting", "local-B": "waiting"}), io.StringIO()
    with Progress(Console(file=out)) as progress:
        progress.watch(stacks)
        for line in ("local-A: deploying... [1/2]", "✅  local-A", "❌  local-B failed to deploy"):
            if name := stacks.read(line):
                progress.changed(stacks, name)
    assert [line.split("s  ", 1)[1] for line in out.getvalue().splitlines()] == [
        "[1/2] local-A done",
        "[2/2] local-B failed",
    ]


def test_a_terminal_shows_every_stack() -> None:
    stacks, out = Stacks({"local-A": "waiting"}), io.StringIO()
    with Progress(Console(file=out, force_terminal=True)) as progress:
        progress.watch(stacks)
        stacks.read("✅  local-A")
        progress.changed(stacks, "local-A")
    assert "local-A" in out.getvalue()
    assert "done" in out.getvalue()
