"""What a function knows about its surroundings: the stack writes it, the runtime reads it."""

import functools
import os
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from messaging.policy import DEDUPLICATION_WINDOW, DEFAULT_GUARANTEE, Guarantee, RetryPolicy

VARIABLE: Final = "WAYSTATION"
# Messages that may follow one from the other.
HOP_LIMIT: Final = 16


class ConsumerSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One consumer: its queues and the rules its messages follow. Times are seconds."""

    name: str
    queue_url: str
    dead_letter_queue_url: str
    retry: RetryPolicy = RetryPolicy()
    hop_limit: int = HOP_LIMIT
    handler_timeout: float | None = None
    on_requeue_failure: Literal["report", "raise"] = "report"
    fifo: bool = False
    concurrency: int = 1
    guarantee: Guarantee = DEFAULT_GUARANTEE
    deduplication_window: int = DEDUPLICATION_WINDOW
    replies: tuple[str, ...] = ()

    @property
    def idempotent(self) -> bool:
        """Whether a message that was handled is remembered."""
        return self.guarantee != DEFAULT_GUARANTEE


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """A service that takes commands: the ARN of its MsgIn, and which msgTags may be sent there."""

    msg_in_arn: str
    accepts: tuple[str, ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One function: who it is, where it publishes which msgTags, and its resources by their short
    names.

    `sends` holds by service where which commands may be sent, `invokes` by service and msgTag the
    ARN of the function that answers, `queues` by msgTag the URL of the service's own queue that
    takes it. `answers` are the msgTags that the function answers when it is invoked, `calls` by
    route key the one that the request's body is.
    `requests_table` remembers requests with a time limit.
    """

    stage: str
    service: str
    msg_out_arn: str
    publishes: tuple[str, ...] = ()
    sends: dict[str, Recipient] = {}
    invokes: dict[str, dict[str, str]] = {}
    queues: dict[str, str] = {}
    invocable: tuple[str, ...] = ()
    commands: dict[str, str] = {}
    requests_table: str = ""
    resources: dict[str, str] = {}
    idempotency_table: str = ""
    claims_bucket: str = ""
    consumer: ConsumerSettings | None = None

    def to_environment(self) -> dict[str, str]:
        """Return the environment variables that carry these settings."""
        return {VARIABLE: msgspec.json.encode(self).decode()}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings back; raises KeyError outside a deployed function and ValidationError
        on nonsense.
        """
        return msgspec.json.decode(environ[VARIABLE], type=cls)


@functools.cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings.from_environment(os.environ)
