"""AWS clients: made on first use, once per process. botocore alone, since boto3 adds only start-up
time.
"""

import functools
import threading
from typing import Any

_lock = threading.Lock()


@functools.cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


@functools.lru_cache(maxsize=32)
def _create(service: str, wait: float | None) -> Any:
    from botocore.config import Config

    # Short enough that a stuck call ends, and is retried, well within a function's timeout.
    config = Config(
        connect_timeout=2 if wait is None else min(2, wait),
        read_timeout=5 if wait is None else wait,
        retries={"mode": "standard", "max_attempts": 3 if wait is None else 0},
    )
    return _session().create_client(service, config=config)


def client(service: str, *, wait: float | None = None) -> Any:
    """Return the botocore client of an AWS service, e.g. "sqs"; region and credentials come from
    the environment.

    One that shall `wait` so many seconds for an answer never calls a second time by itself.
    """
    # botocore sessions must not create clients in several threads at once.
    with _lock:
        return _create(service, wait)


def forget_clients() -> None:
    """Drop every client, so that the next call makes new ones; for tests that change the
    environment. The session stays: a new one would read botocore's models from disk again.
    """
    _create.cache_clear()
