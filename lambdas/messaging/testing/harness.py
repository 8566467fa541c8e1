"""A consumer's surroundings on any SQS and SNS that boto3 reaches: moto, an emulator, or AWS."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from contracts.message import Command, Event, Message as Contract
from contracts.timeout import RequestTimedOut
from messaging.aws import clients as aws
from messaging.consumer.batch import BatchResponse
from messaging.consumer.consumer import Consumer
from messaging.policy import Guarantee
from messaging.settings import Recipient, Settings, settings
from messaging.testing import resources as surroundings
from messaging.testing.events import (
    FakeLambdaContext,
    consumer_settings,
    event,
    from_sender,
    to_records,
)
from messaging.testing.message import Message
from messaging.wire.encoding import Attributes
from messaging.wire.header import Header

# Batches after which `run` gives up.
_MANY: Final = 100


class ConsumerHarness:
    """A queue, its dead-letter queue, the service's MsgOut and the MsgIn of those it sends to, each
    with a queue that hears everything.

    It makes them in the account the environment points to, and makes the runtime of this process
    use them.
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
        """Make the queues and topics; for an idempotent `guarantee` its table, with RequestTimedOut
        in `accepts_enqueued` the table of requests, with `claim_check` the bucket for large bodies.

        `sends` names commands by recipient, `consumer` overrides fields of ConsumerSettings.
        """
        self.queue = surroundings.make_queue("work", fifo=fifo)
        self.dead_letter_queue = surroundings.make_queue("work-dead-letters", fifo=fifo)
        self.table = surroundings.make_table("idempotency") if guarantee != "at-least-once" else ""
        self.bucket = surroundings.make_bucket() if claim_check else ""
        self._fifo, self._copies = fifo, list[Message]()
        self._in_flight: dict[str, Message] = {}
        self._heard = surroundings.make_queue("heard")
        self._inboxes = {name: surroundings.make_queue(f"to-{name}") for name in sends or {}}
        config = consumer_settings(
            self.queue,
            self.dead_letter_queue,
            msg_out_arn=surroundings.make_topic("Test-MsgOut", self._heard),
            publishes=publishes,
            fifo=fifo,
            guarantee=guarantee,
            **consumer,
        )
        recipients = {name: self._recipient(name, tuple(c)) for name, c in (sends or {}).items()}
        requests = RequestTimedOut in accepts_enqueued
        self.use(
            msgspec.structs.replace(
                config,
                idempotency_table=self.table,
                claims_bucket=self.bucket,
                sends=recipients,
                queues={command.msg_tag: self.queue for command in accepts_enqueued},
                invocable=tuple(command.msg_tag for command in invocable),
                requests_table=surroundings.make_table("requests") if requests else "",
            )
        )
        events = aws.client("sqs").meta.events
        events.register("provide-client-params.sqs.SendMessageBatch", self._note_copies)

    def use(self, config: Settings) -> None:
        """Let the runtime read `config`."""
        os.environ.update(config.to_environment())
        settings.cache_clear()

    def send(self, message: Contract, header: Header | None = None, **entry: Any) -> str:
        """Put `message` on the queue as a service would; return its message id."""
        out = from_sender(message, header)
        if self._fifo:
            entry = {
                "MessageGroupId": out.group or "group",
                "MessageDeduplicationId": out.id,
                **entry,
            }
        self.put(out.body, out.attributes, **entry)
        return out.id

    def put(self, body: str, attributes: Attributes | None = None, **entry: Any) -> None:
        """Put a message straight on the queue; `entry` overrides parameters of SendMessage."""
        aws.client("sqs").send_message(
            QueueUrl=self.queue, MessageBody=body, MessageAttributes=attributes or {}, **entry
        )

    def deliver(
        self, consumer: Consumer, *, seconds: float = 30, most: int = 10
    ) -> BatchResponse | None:
        """Hand the consumer one batch and delete what it is done with, as Lambda does; None when
        there is none.

        What the consumer does not release itself stays invisible until `reappear`.
        """
        messages = self._receive(self.queue, most)
        if not messages:
            return None
        self._in_flight |= {message["MessageId"]: message for message in messages}
        response: BatchResponse = consumer(event(*to_records(messages)), FakeLambdaContext(seconds))
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        self._delete(self.queue, [each for each in messages if each["MessageId"] not in failed])
        return response

    def expire_visibility(self) -> None:
        """Make visible whatever was delivered and is still in the queue, as the visibility timeout
        does.
        """
        for message in self._in_flight.values():
            # What was deleted meanwhile has no visibility.
            with suppress(aws.client("sqs").exceptions.ClientError):
                aws.client("sqs").change_message_visibility(
                    QueueUrl=self.queue,
                    ReceiptHandle=message["ReceiptHandle"],
                    VisibilityTimeout=0,
                )
        self._in_flight.clear()

    def run_until_idle(self, consumer: Consumer) -> int:
        """Deliver until nothing is visible; return how many batches it took."""
        for batches in range(_MANY):
            if self.deliver(consumer) is None:
                return batches
        raise AssertionError(f"after {_MANY} batches there are still messages on the queue")

    def visible_messages(self) -> list[Message]:
        """Take and return what is visible on the queue: requeued copies, for example."""
        return self._take(self.queue)

    def requeued(self) -> list[Message]:
        """Return the copies that the runtime sent to the queue so far, delayed ones too."""
        return list(self._copies)

    def dead_letters(self) -> list[Message]:
        """Take and return the dead letters."""
        return self._take(self.dead_letter_queue)

    def published(self) -> list[Message]:
        """Take and return what was published."""
        return self._take(self._heard)

    def sent_to(self, service: str) -> list[Message]:
        """Take and return what was sent to a service's MsgIn."""
        return self._take(self._inboxes[service])

    def _recipient(self, name: str, commands: Sequence[type[Command]]) -> Recipient:
        topic = surroundings.make_topic(f"{name}-MsgIn", self._inboxes[name])
        return Recipient(msg_in_arn=topic, accepts=tuple(each.msg_tag for each in commands))

    def _note_copies(self, params: Mapping[str, Any], **_: object) -> None:
        if params["QueueUrl"] == self.queue:
            copies = [{**each, "Body": each["MessageBody"]} for each in params["Entries"]]
            self._copies += map(Message, copies)

    def _take(self, queue: str) -> list[Message]:
        taken: list[Message] = []
        while messages := self._receive(queue):
            self._delete(queue, messages)
            taken += messages
        return taken

    def _delete(self, queue: str, messages: Sequence[Message]) -> None:
        for message in messages:
            aws.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            self._in_flight.pop(message["MessageId"], None)

    def _receive(self, queue: str, most: int = 10) -> list[Message]:
        answer = aws.client("sqs").receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=most,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return [Message(message) for message in answer.get("Messages", ())]
