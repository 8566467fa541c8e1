"""The settings of a deployed function: the stack writes them, the runtime reads them."""

import functools
import os
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from messaging.policy import DEDUPLICATION_WINDOW, DEFAULT_GUARANTEE, Guarantee, RetryPolicy

VARIABLE: Final = "WAYSTATION"
# Messages in one chain of causes, each sent by the handler of the one before.
HOP_LIMIT: Final = 16


class ConsumerSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One consumer: its queues, and how it retries and deduplicates. Times are seconds.

    `replies`        msgTags of the events that are replies to the service's requests
    `enqueued`       msgTags of the commands that reach the queue directly, and through no topic
    `senders`        role ids of the functions that may send to the queue, its own among them:
                     their `retry` and `deadLetter` are honoured
    `claim_buckets`  by msgTag: the bucket of its publisher, from which its large bodies may come
    """

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
    payload_check: bool = False
    replies: tuple[str, ...] = ()
    enqueued: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    claim_buckets: dict[str, str] = {}

    @property
    def idempotent(self) -> bool:
        """Whether a message that was handled is remembered."""
        return self.guarantee != DEFAULT_GUARANTEE


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """A service that commands may be sent to: the ARN of its MsgIn, and their msgTags."""

    msg_in_arn: str
    accepts: tuple[str, ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One function: its stage and service, and what the topology declares for it.

    `publishes`       msgTags of the events that may be published on the MsgOut `msg_out_arn`
    `sends`           by service: its MsgIn, and the commands that may be sent there
    `invokes`         by service, by msgTag: the ARN of the function to invoke
    `queues`          by msgTag: the URL of the service's own queue that accepts the command
    `invocable`       msgTags that the function accepts when it is invoked directly
    `commands`        by route key of an HTTP API: the msgTag of the request's body
    `requests_table`  DynamoDB table of requests with a time limit, "" if there is none
    `resources`       by short name: the deployed name of a table or another resource
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
        """Return the settings in `environ`; raises KeyError outside a deployed function, and
        ValidationError for any other JSON.
        """
        return msgspec.json.decode(environ[VARIABLE], type=cls)


@functools.cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings.from_environment(os.environ)


def resource(name: str) -> str:
    """Return the deployed name of a resource of the service, e.g. of "lake" the bucket's name.

    Raises NotDeclared for a name that the topology does not declare for this function.
    """
    config = settings()
    if name not in config.resources:
        from messaging.errors import NotDeclared

        raise NotDeclared(
            f"this function of {config.service} uses no table or resource {name}: a table belongs "
            f"in `tables` of {config.service}, and in `reads` or `writes` of the function, in the "
            "topology"
        )
    return config.resources[name]
