"""Errors for people at a terminal: what is wrong and what to do, without a traceback."""

import difflib
from collections.abc import Iterable
from pathlib import Path


class OpsError(Exception):
    """An error that the person at the terminal can fix."""

    exit_code = 1


class UnknownName(OpsError):
    """Nothing of a kind (a system, a demo, a benchmark) has this name."""

    exit_code = 2

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        close = difflib.get_close_matches(name, names, n=1)
        suggestion = f" Did you mean {close[0]!r}?" if close else ""
        super().__init__(f"there is no {kind} {name!r}.{suggestion} {_listed(kind, names)}")


def _listed(kind: str, names: list[str]) -> str:
    return f"There are: {', '.join(names)}" if names else f"There is no {kind} at all"


class NotUp(OpsError):
    """The local environment is not up."""

    exit_code = 3

    def __init__(self) -> None:
        super().__init__("the local environment is not up. Start it with: ./waystation up --detach")


class NothingDeployed(OpsError):
    """The emulator is up, but the system is not deployed in this stage."""

    exit_code = 3

    def __init__(self, system: str, stage: str) -> None:
        super().__init__(
            f"nothing of {system} is deployed in stage {stage}. Deploy it with: "
            f"./waystation up --detach --system {system} --stage {stage}"
        )


class PortTaken(OpsError):
    """Another process listens on the wanted port."""

    def __init__(self, port: int, owner: str) -> None:
        super().__init__(
            f"port {port} is taken by {owner}. Stop it, choose another --port, "
            "or leave out --port to use the next free port"
        )


class EmulatorFailed(OpsError):
    """The emulator ended, or did not respond in time."""

    def __init__(self, what: str, log: Path, tail: str) -> None:
        super().__init__(f"the emulator {what}. The end of its log:\n{tail}\nThe whole log: {log}")


class DeploymentFailed(OpsError):
    """The CDK CLI failed."""

    def __init__(self, what: str, reason: str, log: Path) -> None:
        emulator = log.with_name("emulator.log")
        super().__init__(
            f"{what} failed:\n{reason}\nThe whole log: {log}\nThe emulator's log: {emulator}"
        )
