"""The demo of Requestor and Generator: read `drive` as the list of what it does."""

from collections.abc import Sequence
from typing import Any

import urllib3
from rich.console import Console

from demos.strings import conversation, show, verdict
from demos.strings.asked import Scene
from demos.strings.place import Place, now
from demos.strings.scenes import SCENES
from ops.demo.result import Result
from ops.inspect import message_log as watch
from ops.local.aws import Aws
from ops.local.progress import Progress


def drive(aws: Aws, found: dict[str, Any], progress: Progress) -> Result:
    """Play the scenes, and compare what happened with what must."""
    place = Place(aws, found["services"], progress, now(), urllib3.PoolManager())
    scenes = [play(place) for play in SCENES]
    progress.say("everything settled")
    lines = list(verdict.lines(place, scenes))
    letters = _dead_letters(place, scenes)
    first = scenes[0].asked[0]
    steps = conversation.follow(first, place.log())
    wrong = [
        *(f"{line.scene}, {line.title}: {line.wrong}" for line in lines if line.wrong),
        *(f"{scene.title}: {text}" for scene in scenes for text in scene.wrong),
        *conversation.wrong(first, steps),
    ]

    def render(console: Console) -> None:
        show.table(lines, console)
        show.told(scenes, console)
        show.conversation(first, steps, console)
        show.verdict(lines, wrong, letters, console)

    document = {
        "lines": [line.to_json() for line in lines],
        "waited": {scene.title: scene.waited for scene in scenes if scene.waited is not None},
        "conversation": [step.to_json() for step in steps],
        "deadLetters": letters,
        "wrong": wrong,
    }
    return Result(document=document, render=render, right=not wrong and not letters)


def _dead_letters(place: Place, scenes: Sequence[Scene]) -> list[dict[str, Any]]:
    """Return the dead letters of these conversations."""
    ids = {asked.correlation_id for scene in scenes for asked in scene.asked}
    return [
        letter
        for service in place.services
        for letter in watch.dead_letters(place.aws, place.consumer(service)["deadLetters"])
        if letter["correlationId"] in ids
    ]
