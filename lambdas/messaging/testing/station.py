"""A consumer's surroundings on any SQS and SNS that boto3 reaches: moto, an emulator, or AWS."""

import os
from typing import Any

from contracts.message import Event
from messaging import aws
from messaging.batch import BatchResponse
from messaging.consumer import Consumer
from messaging.settings import Settings, settings
from messaging.testing.events import FakeLambdaContext, consumer_settings, event, to_records
from messaging.wire import Attributes

Message = dict[str, Any]


class Station:
    """A queue, its dead-letter queue, and a topic with a queue that hears everything published on
    it.

    It makes them in the account the environment points to, and makes the runtime of this process
    use them.
    """

    def __init__(self, *, publishes: tuple[type[Event], ...] = (), **consumer: Any) -> None:
        """Make the queues and the topic; `consumer` overrides fields of ConsumerSettings."""
        self.queue = self._make_queue("work")
        self.dead_letter_queue = self._make_queue("work-dead-letters")
        self._heard = self._make_queue("heard")
        topic = aws.client("sns").create_topic(Name="test-Test-MsgOut")["TopicArn"]
        self._subscribe(topic)
        config = consumer_settings(
            self.queue, self.dead_letter_queue, msg_out_arn=topic, publishes=publishes, **consumer
        )
        self.use(config)

    def use(self, config: Settings) -> None:
        """Let the runtime read `config`."""
        os.environ.update(config.to_environment())
        settings.cache_clear()

    def put(self, body: str, attributes: Attributes | None = None, **entry: Any) -> None:
        """Put a message straight on the queue."""
        aws.client("sqs").send_message(
            QueueUrl=self.queue, MessageBody=body, MessageAttributes=attributes or {}, **entry
        )

    def deliver(self, consumer: Consumer, *, seconds: float = 30) -> BatchResponse | None:
        """Hand the consumer one batch and delete what it is done with, as Lambda does; None when
        there is none.
        """
        messages = self._receive(self.queue)
        if not messages:
            return None
        response = consumer(event(*to_records(messages)), FakeLambdaContext(seconds))
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                aws.client("sqs").delete_message(
                    QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"]
                )
        return response

    def waiting(self) -> list[Message]:
        """Take and return what is visible on the queue: requeued copies, for example."""
        return self._take(self.queue)

    def dead_letters(self) -> list[Message]:
        """Take and return the dead letters."""
        return self._take(self.dead_letter_queue)

    def published(self) -> list[Message]:
        """Take and return what was published."""
        return self._take(self._heard)

    def _take(self, queue: str) -> list[Message]:
        taken: list[Message] = []
        while messages := self._receive(queue):
            for message in messages:
                aws.client("sqs").delete_message(
                    QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"]
                )
            taken += messages
        return taken

    def _receive(self, queue: str) -> list[Message]:
        answer = aws.client("sqs").receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        messages: list[Message] = answer.get("Messages", [])
        return messages

    def _make_queue(self, name: str) -> str:
        url: str = aws.client("sqs").create_queue(QueueName=f"test-{name}")["QueueUrl"]
        return url

    def _subscribe(self, topic: str) -> None:
        answer = aws.client("sqs").get_queue_attributes(
            QueueUrl=self._heard, AttributeNames=["QueueArn"]
        )
        aws.client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=answer["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
