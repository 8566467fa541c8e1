"""The steps of the demo: see `drive`."""

from collections.abc import Sequence
from typing import Any

import urllib3
from rich.console import Console

from demos.strings import conversation, render, verdict
from demos.strings.client import Client, now
from demos.strings.expectations import Scene
from demos.strings.scenes import SCENES
from ops.demo.result import Result
from ops.inspect import message_log
from ops.local.aws import Aws
from ops.local.progress import Progress


def drive(aws: Aws, found: dict[str, Any], progress: Progress) -> Result:
    """Run the scenes, and compare what happened with what must."""
    client = Client(aws, found["services"], progress, now(), urllib3.PoolManager())
    scenes = [scene(client) for scene in SCENES]
    progress.say("everything settled")
    lines = list(verdict.lines(client, scenes))
    letters = _dead_letters(client, scenes)
    first = scenes[0].strings[0]
    steps = conversation.follow(first, client.log())
    wrong = [
        *(f"{line.scene}, {line.title}: {line.wrong}" for line in lines if line.wrong),
        *(f"{scene.title}: {text}" for scene in scenes for text in scene.wrong),
        *conversation.wrong(first, steps),
    ]

    def print_result(console: Console) -> None:
        render.table(lines, console)
        render.notes(scenes, console)
        render.conversation(first, steps, console)
        render.verdict(lines, wrong, letters, console)

    document = {
        "lines": [line.to_json() for line in lines],
        "waited": {scene.title: scene.waited for scene in scenes if scene.waited is not None},
        "conversation": [step.to_json() for step in steps],
        "deadLetters": letters,
        "wrong": wrong,
    }
    return Result(document=document, render=print_result, right=not wrong and not letters)


def _dead_letters(client: Client, scenes: Sequence[Scene]) -> list[dict[str, Any]]:
    """Return the dead letters of these conversations."""
    ids = {string.correlation_id for scene in scenes for string in scene.strings}
    return [
        letter
        for service in client.services
        for letter in message_log.dead_letters(client.aws, client.consumer(service)["deadLetters"])
        if letter["correlationId"] in ids
    ]
