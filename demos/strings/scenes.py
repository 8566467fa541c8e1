"""The scenes of the demo, in order."""

from collections.abc import Callable
from typing import Any, Final

from demos.strings.client import Client, new_correlation_id, now
from demos.strings.expectations import (
    CONFIRMED,
    CONVERSATION,
    INVOKED,
    TIMED_OUT,
    Expectation,
    Scene,
)
from ops.demo.pause import stopped


def both_run(client: Client) -> Scene:
    """Both services run; one string takes three attempts."""
    client.progress.say("both run: three strings are requested")
    strings = (
        request(client, "8 characters", length=8),
        request(client, "64 characters", length=64),
        request(client, "12, Generator fails twice", length=12, fail_times=2),
    )
    client.settle(strings)
    return Scene(title="both run", strings=strings)


def generator_stopped(client: Client) -> Scene:
    """Requests wait in Generator's queue, one of them for longer than its time limit."""
    with stopped(client.aws, client.consumer("Generator")["function"]):
        client.progress.say("Generator is stopped: four strings are requested")
        unlimited = tuple(request(client, f"{n} characters", length=n) for n in (16, 17, 18))
        limited = request(client, "19, within 2 seconds", length=19, timeout=2)
        waited = client.queued("Generator", 4)
        client.progress.say(f"{waited} requests wait in Generator's queue")
        in_time = client.reaches(limited, "timed out")
        client.progress.say("one of them has timed out" if in_time else "none has timed out")
    client.progress.say("Generator is started")
    strings = (*unlimited, limited)
    client.settle(strings)
    wrong = () if in_time else ("the request with a time limit did not time out",)
    note = f"{waited} requests waited in Generator's queue, one for longer than its time limit"
    return _scene("Generator stopped", strings, waited, 4, note, wrong)


def requestor_stopped(client: Client) -> Scene:
    """Generator's replies wait in Requestor's queue."""
    with stopped(client.aws, client.consumer("Requestor")["function"]):
        client.progress.say("Requestor is stopped: three strings are requested")
        strings = tuple(request(client, f"{n} characters", length=n) for n in (32, 33, 34))
        waited = client.queued("Requestor", 3)
        client.progress.say(f"{waited} replies wait in Requestor's queue")
    client.progress.say("Requestor is started")
    client.settle(strings)
    note = f"{waited} replies waited in Requestor's queue"
    return _scene("Requestor stopped", strings, waited, 3, note)


def direct(client: Client) -> Scene:
    """Requestor invokes the same function directly; Generator's own API returns the same string."""
    client.progress.say("one string is requested by direct invocation")
    sent, correlation_id = now(), new_correlation_id()
    response = client.post("Requestor", "/ask-string", {"length": 24}, correlation_id)
    string = Expectation(
        title="24 characters",
        id=response["id"],
        correlation_id=correlation_id,
        sent=sent,
        length=24,
        outcomes=(INVOKED, CONFIRMED),
    )
    client.settle((string,))
    body = {"id": string.id, "length": 24}
    again = client.post("Generator", "/generate-string", body, new_correlation_id())
    if again != response:
        text = f"Generator's API returned {again}, the direct invocation {response}"
        return Scene(title="direct invocation", strings=(string,), wrong=(text,))
    note = "Generator's own API returns the same string for that id"
    return Scene(title="direct invocation", strings=(string,), note=note)


SCENES: Final[tuple[Callable[[Client], Scene], ...]] = (
    both_run,
    generator_stopped,
    requestor_stopped,
    direct,
)


def request(
    client: Client, title: str, *, length: int, fail_times: int = 0, timeout: float | None = None
) -> Expectation:
    """Request a string over HTTP; with a `timeout` in seconds, the reply must come too late."""
    body: dict[str, Any] = {"length": length, "fail_times": fail_times}
    if timeout is not None:
        body["timeout"] = timeout
    sent, correlation_id = now(), new_correlation_id()
    return Expectation(
        title=title,
        id=client.post("Requestor", "/request-string", body, correlation_id)["id"],
        correlation_id=correlation_id,
        sent=sent,
        length=length,
        outcomes=CONVERSATION if timeout is None else (*CONVERSATION, TIMED_OUT),
        attempts=1 + fail_times,
        ending="stored" if timeout is None else "late",
    )


def _scene(
    title: str,
    strings: tuple[Expectation, ...],
    waited: int,
    expected: int,
    note: str,
    wrong: tuple[str, ...] = (),
) -> Scene:
    if waited != expected:
        wrong = (*wrong, f"{waited} messages waited in the queue, expected {expected}")
    return Scene(title=title, strings=strings, waited=waited, note=note, wrong=wrong)
