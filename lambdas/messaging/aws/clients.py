"""AWS clients, created at their first use, once per process. botocore only: boto3 would add
start-up time and nothing that the runtime needs.
"""

import functools
import threading
from typing import Any

from messaging.aws import attempts

_lock = threading.Lock()


@functools.cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


@functools.lru_cache(maxsize=32)
def _create(service: str, timeout: float | None) -> Any:
    from botocore.config import Config

    # Short enough that a stuck call ends, and is retried, well within a function's timeout.
    config = Config(
        connect_timeout=2 if timeout is None else min(2, timeout),
        read_timeout=5 if timeout is None else timeout,
        retries={"mode": "standard", "max_attempts": 3 if timeout is None else 0},
    )
    made = _session().create_client(service, config=config)
    attempts.watch(made)
    return made


def client(service: str, *, timeout: float | None = None) -> Any:
    """Return the botocore client of an AWS service, e.g. "sqs", for the region and with the
    credentials in the environment.

    By default it connects within 2 seconds, reads a response within 5, and retries up to 3 times.
    With a `timeout`, in seconds, it reads a response within that time and does not retry.
    """
    # botocore sessions must not create clients in several threads at once.
    with _lock:
        return _create(service, timeout)


def forget_clients() -> None:
    """Drop every client, so that the next call creates new ones; for tests that change the
    environment. The session stays: a new session would read botocore's models from disk again.
    """
    _create.cache_clear()
