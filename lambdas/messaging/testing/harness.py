"""A consumer's resources on any SQS and SNS that botocore reaches: moto, an emulator, or AWS."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from contracts.message import Command, Event, Message as Contract
from contracts.timeout import RequestTimedOut
from messaging.aws import clients as aws
from messaging.consumer.batch import BatchResponse
from messaging.consumer.consumer import Consumer
from messaging.policy import Guarantee
from messaging.settings import Recipient, Settings, settings
from messaging.testing import queue as queues
from messaging.testing.events import (
    FakeLambdaContext,
    consumer_settings,
    event,
    from_sender,
    to_records,
)
from messaging.testing.message import Message
from messaging.testing.resources import make_bucket, make_queue, make_table, make_topic
from messaging.testing.senders import Sender, Senders
from messaging.wire.encoding import Attributes
from messaging.wire.header import Header

# Batches after which `run_until_idle` gives up.
_MAX_BATCHES: Final = 100


class ConsumerHarness:
    """The resources of the consumer `Test.work`: its queue and dead-letter queue, the service's
    MsgOut, and the MsgIn of every service that it sends to, each with a subscribed queue.

    The resources are created in the account and region of the environment, and the harness writes
    the settings of this process, so that the runtime uses them.
    """

    def __init__(
        self,
        *,
        publishes: tuple[type[Event], ...] = (),
        sends: Mapping[str, Sequence[type[Command]]] | None = None,
        accepts_enqueued: tuple[type[Command], ...] = (),
        invocable: tuple[type[Command], ...] = (),
        fifo: bool = False,
        guarantee: Guarantee = "at-least-once",
        claim_check: bool = False,
        **consumer: Any,
    ) -> None:
        """Create the resources. A `guarantee` other than "at-least-once" adds the idempotency
        table, RequestTimedOut in `accepts_enqueued` the requests table, `claim_check` the bucket
        for the bodies of what the service publishes.

        `sends` lists commands by recipient; `consumer` overrides fields of ConsumerSettings.
        """
        self.queue = make_queue("work", fifo=fifo)
        self.dead_letter_queue = make_queue("work-dead-letters", fifo=fifo)
        self.table = make_table("idempotency") if guarantee != "at-least-once" else ""
        self.bucket = make_bucket() if claim_check else ""
        self._fifo, self._copies = fifo, list[Message]()
        self._in_flight: dict[str, Message] = {}
        self._published = make_queue("published")
        self._sent = {name: make_queue(f"to-{name}") for name in sends or {}}
        config = consumer_settings(
            self.queue,
            self.dead_letter_queue,
            msg_out_arn=make_topic("Test-MsgOut", self._published),
            publishes=publishes,
            fifo=fifo,
            guarantee=guarantee,
            enqueued=tuple(command.msg_tag for command in accepts_enqueued),
            **consumer,
        )
        requests = RequestTimedOut in accepts_enqueued
        self.use(
            msgspec.structs.replace(
                config,
                idempotency_table=self.table,
                claims_bucket=self.bucket,
                sends={name: self._recipient(name, each) for name, each in (sends or {}).items()},
                queues={command.msg_tag: self.queue for command in accepts_enqueued},
                invocable=tuple(command.msg_tag for command in invocable),
                requests_table=make_table("requests") if requests else "",
            )
        )
        self._senders = Senders()
        events = aws.client("sqs").meta.events
        events.register("provide-client-params.sqs.SendMessageBatch", self._record_copies)

    def use(self, config: Settings) -> None:
        """Write the settings that the runtime of this process reads."""
        os.environ.update(config.to_environment())
        settings.cache_clear()

    def send(self, message: Contract, header: Header | None = None, **entry: Any) -> str:
        """Put `message` on the queue as another service sends it, or, in `accepts_enqueued`, as
        this one does; return its message id.

        `entry` as for `put`.
        """
        out = from_sender(message, header)
        if self._fifo:
            entry = {
                "MessageGroupId": out.group or "group",
                "MessageDeduplicationId": out.deduplication_id,
                **entry,
            }
        sender = Sender.CONSUMER if message.msg_tag in settings().queues else Sender.SNS
        self.put(out.body, out.attributes, **{"sender": sender, **entry})
        return out.id

    def put(
        self,
        body: str,
        attributes: Attributes | None = None,
        *,
        sender: str = Sender.SNS,
        **entry: Any,
    ) -> None:
        """Put any message on the queue as SNS does, or as the sender with the id `sender`; `entry`
        overrides parameters of SendMessage.
        """
        response = aws.client("sqs").send_message(
            QueueUrl=self.queue, MessageBody=body, MessageAttributes=attributes or {}, **entry
        )
        self._senders.note(response["MessageId"], sender)

    def deliver(
        self, consumer: Consumer, *, seconds: float = 30, most: int = 10
    ) -> BatchResponse | None:
        """Invoke the consumer with a batch of up to `most` (1 to 10) visible messages, and delete
        the messages that it does not return, as Lambda does.

        Return its response, None if no message is visible. The invocation ends after `seconds`.
        Returned messages stay invisible until `expire_visibility`, unless the consumer changes
        their visibility.
        """
        messages = queues.receive(self.queue, most)
        if not messages:
            return None
        self._in_flight |= {message["MessageId"]: message for message in messages}
        records = to_records([self._senders.signed(message) for message in messages])
        response: BatchResponse = consumer(event(*records), FakeLambdaContext(seconds))
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        done = [message for message in messages if message["MessageId"] not in failed]
        queues.delete(self.queue, done)
        for message in done:
            self._in_flight.pop(message["MessageId"], None)
        return response

    def expire_visibility(self) -> None:
        """Make every delivered message visible that is still in the queue."""
        queues.expire_visibility(self.queue, self._in_flight.values())
        self._in_flight.clear()

    def run_until_idle(self, consumer: Consumer) -> int:
        """Deliver batches until no message is visible; return their number.

        Raises AssertionError after 100 batches.
        """
        for batches in range(_MAX_BATCHES):
            if self.deliver(consumer) is None:
                return batches
        raise AssertionError(f"messages are still visible after {_MAX_BATCHES} batches")

    def visible_messages(self) -> list[Message]:
        """Take the visible messages off the queue and return them, e.g. requeued copies."""
        return queues.take(self.queue)

    def requeued(self) -> list[Message]:
        """Return every copy that the runtime has sent to the queue, delayed ones included."""
        return list(self._copies)

    def dead_letters(self) -> list[Message]:
        """Take the dead letters off their queue and return them."""
        return queues.take(self.dead_letter_queue)

    def published(self) -> list[Message]:
        """Take the published messages off their queue and return them."""
        return queues.take(self._published)

    def sent_to(self, service: str) -> list[Message]:
        """Take the messages sent to a service's MsgIn off their queue and return them.

        Raises KeyError for a service that is not in `sends`.
        """
        return queues.take(self._sent[service])

    def _recipient(self, name: str, commands: Sequence[type[Command]]) -> Recipient:
        topic = make_topic(f"{name}-MsgIn", self._sent[name])
        return Recipient(msg_in_arn=topic, accepts=tuple(each.msg_tag for each in commands))

    def _record_copies(self, params: Mapping[str, Any], **_: object) -> None:
        if params["QueueUrl"] == self.queue:
            copies = [{**each, "Body": each["MessageBody"]} for each in params["Entries"]]
            self._copies += map(Message, copies)
