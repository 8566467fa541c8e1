"""The scenes of the demo, in order."""

from collections.abc import Callable
from typing import Any, Final

from demos.strings.asked import CALLED, CONFIRMED, THREE_LEGS, TIMED_OUT, Asked, Scene
from demos.strings.place import Place, new_correlation_id, now
from ops.demo.pause import stopped


def both_run(place: Place) -> Scene:
    """Each asks and answers the other; one string needs three attempts."""
    place.progress.say("both run: three strings are requested")
    asked = (
        request(place, "8 characters", length=8),
        request(place, "64 characters", length=64),
        request(place, "12, Generator fails twice", length=12, fail_times=2),
    )
    place.settle(asked)
    return Scene(title="both run", asked=asked)


def generator_stopped(place: Place) -> Scene:
    """Requests wait in Generator's queue; one for longer than its time limit."""
    with stopped(place.aws, place.consumer("Generator")["function"]):
        place.progress.say("Generator is stopped: four strings are requested")
        patient = tuple(request(place, f"{n} characters", length=n) for n in (16, 17, 18))
        hasty = request(place, "19, within 2 seconds", length=19, timeout=2)
        waited = place.waiting("Generator", 4)
        place.progress.say(f"{waited} requests wait in Generator's queue")
        in_time = place.becomes(hasty, "timed out")
        place.progress.say("one of them has timed out" if in_time else "none has timed out")
    place.progress.say("Generator is started")
    place.settle((*patient, hasty))
    wrong = () if in_time else ("the request with a time limit did not time out",)
    told = f"{waited} requests waited in Generator's queue, one for longer than its time limit"
    return _scene("Generator stopped", (*patient, hasty), waited, 4, told, wrong)


def requestor_stopped(place: Place) -> Scene:
    """Generator answers all the same; its answers wait in Requestor's queue."""
    with stopped(place.aws, place.consumer("Requestor")["function"]):
        place.progress.say("Requestor is stopped: three strings are requested")
        asked = tuple(request(place, f"{n} characters", length=n) for n in (32, 33, 34))
        waited = place.waiting("Requestor", 3)
        place.progress.say(f"{waited} answers wait in Requestor's queue")
    place.progress.say("Requestor is started")
    place.settle(asked)
    told = f"{waited} answers waited in Requestor's queue"
    return _scene("Requestor stopped", asked, waited, 3, told)


def direct(place: Place) -> Scene:
    """Who cannot wait asks the same function directly, or through Generator's API."""
    place.progress.say("one string is asked for directly")
    sent, correlation_id = now(), new_correlation_id()
    given = place.post("Requestor", "/ask-string", {"length": 24}, correlation_id)
    asked = Asked(
        title="24 characters",
        id=given["id"],
        correlation_id=correlation_id,
        sent=sent,
        length=24,
        legs=(CALLED, CONFIRMED),
    )
    place.settle((asked,))
    body = {"id": asked.id, "length": 24}
    again = place.post("Generator", "/generate-string", body, new_correlation_id())
    if again != given:
        text = f"Generator's API gave {again}, the direct call {given}"
        return Scene(title="direct call", asked=(asked,), wrong=(text,))
    told = "Generator's own API gives the same string for that id"
    return Scene(title="direct call", asked=(asked,), told=told)


SCENES: Final[tuple[Callable[[Place], Scene], ...]] = (
    both_run,
    generator_stopped,
    requestor_stopped,
    direct,
)


def request(
    place: Place, title: str, *, length: int, fail_times: int = 0, timeout: float | None = None
) -> Asked:
    """Request a string over HTTP; with a `timeout`, one so short that its answer comes late."""
    body: dict[str, Any] = {"length": length, "fail_times": fail_times}
    if timeout is not None:
        body["timeout"] = timeout
    sent, correlation_id = now(), new_correlation_id()
    return Asked(
        title=title,
        id=place.post("Requestor", "/request-string", body, correlation_id)["id"],
        correlation_id=correlation_id,
        sent=sent,
        length=length,
        legs=THREE_LEGS if timeout is None else (*THREE_LEGS, TIMED_OUT),
        attempts=1 + fail_times,
        ending="stored" if timeout is None else "late",
    )


def _scene(
    title: str,
    asked: tuple[Asked, ...],
    waited: int,
    expected: int,
    told: str,
    wrong: tuple[str, ...] = (),
) -> Scene:
    if waited != expected:
        wrong = (*wrong, f"{waited} messages waited in the queue, not {expected}")
    return Scene(title=title, asked=asked, waited=waited, told=told, wrong=wrong)
