"""Failures on command, so that retries can be watched."""


class GeneratorBusyError(Exception):
    """No string can be generated just now; a later attempt may succeed."""


def fail_on_command(times: int, attempt: int) -> None:
    """Raise GeneratorBusyError while `attempt`, counted from 1, is one of the first `times`."""
    if attempt <= times:
        raise GeneratorBusyError(f"simulated failure of attempt {attempt}; the first {times} fail")
