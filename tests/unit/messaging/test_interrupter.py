import signal
import threading
import time
from contextlib import suppress

import pytest

from messaging.deadline import Interrupter
from messaging.errors import HandlerTimedOut


def test_a_call_over_its_time_limit_is_interrupted_and_the_next_one_has_its_own() -> None:
    with Interrupter() as interrupter:
        with pytest.raises(HandlerTimedOut, match=r"0\.1 s"):
            interrupter.call(0.1, lambda: time.sleep(5))
        assert interrupter.call(5, lambda: "done") == "done"


def test_the_time_limit_of_a_call_does_not_interrupt_the_next_one() -> None:
    with Interrupter() as interrupter:
        interrupter.call(0.05, lambda: None)
        interrupter.call(5, lambda: time.sleep(0.2))


def test_between_two_calls_nothing_is_interrupted() -> None:
    with Interrupter() as interrupter:
        interrupter.call(0.05, lambda: None)
        time.sleep(0.2)


def test_a_call_that_catches_the_interruption_is_interrupted_again() -> None:
    def stubborn() -> None:
        with suppress(HandlerTimedOut):
            time.sleep(5)
        time.sleep(5)

    started = time.monotonic()
    with Interrupter() as interrupter, pytest.raises(HandlerTimedOut):
        interrupter.call(0.1, stubborn)
    assert time.monotonic() - started < 3


def test_a_handler_that_takes_the_signal_does_not_unprotect_the_next_one() -> None:
    def take_signal() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)

    with Interrupter() as interrupter:
        interrupter.call(5, take_signal)
        with pytest.raises(HandlerTimedOut):
            interrupter.call(0.1, lambda: time.sleep(5))


def test_afterwards_the_signal_is_restored() -> None:
    before = signal.getsignal(signal.SIGALRM)

    with Interrupter() as interrupter:
        interrupter.call(5, lambda: None)

    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_outside_the_main_thread_calls_have_no_time_limit() -> None:
    results: list[str] = []

    def slow() -> str:
        time.sleep(0.1)
        return "done"

    def work() -> None:
        with Interrupter() as interrupter:
            results.append(interrupter.call(0.01, slow))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == ["done"]
