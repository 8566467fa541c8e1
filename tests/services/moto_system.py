"""A whole system in this process: moto has its topics, queues and tables, and `deliver`
runs its functions as Lambda does.
"""

import importlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from messaging.aws import clients as aws
from messaging.settings import ConsumerSettings, Recipient, Settings
from messaging.testing import FakeLambdaContext, Message, event, to_records
from messaging.testing.resources import make_queue, make_table
from messaging.testing.senders import Senders
from topology import names
from topology.model import Consumer, Service, System
from topology.routing.parts import (
    enqueued_by,
    narrowed,
    reached,
    tracks_requests,
)
from topology.routing.recipients import enqueued_only, invoked_functions, sent_commands
from topology.routing.subscriptions import subscriptions
from topology.uses import Uses

STAGE = "test"
Configure = Callable[[Settings], None]


@dataclass
class MotoSystem:
    """A deployed system. Messages move when `deliver` or `run` is called, and not before."""

    system: System
    configure: Configure
    apis: dict[str, Settings] = field(default_factory=dict)
    consumers: dict[str, Settings] = field(default_factory=dict)
    delayed: list[tuple[Settings, str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make everything, then subscribe."""
        for service in self.system.services:
            if service.api:
                self.apis[service.name] = self._settings(service, service.api)
            for consumer in service.consumers:
                self.consumers[f"{service.name}.{consumer.name}"] = self._consumer(
                    service, consumer
                )
        aws.client("sqs").meta.events.register(
            "provide-client-params.sqs.SendMessageBatch", self._note_delayed
        )
        self._senders = Senders(lambda: f"{_role(self._current.service)}:function")

    def request(
        self, service: str, route: str, body: object = None, *, key: str = "", **path: str
    ) -> tuple[int, Any]:
        """Return the status and the document with which an API answers."""
        method, _, template = route.partition(" ")
        headers = {"idempotency-key": key} if key else {}
        http = {"method": method, "path": template.format(**path)}
        request = {
            "routeKey": route,
            "headers": headers,
            "pathParameters": path,
            "requestContext": {"requestId": "request-1", "http": http},
            "body": json.dumps(body),
        }
        function, settings = self._behind(service, route)
        with self._running(settings):
            answer = _handler(service, function)(request, FakeLambdaContext())
        return answer["statusCode"], json.loads(answer["body"])

    def deliver(self, consumer: str, *, copies: int = 1) -> int:
        """Hand a consumer, e.g. "Generator.requests", one batch, and the same again for each
        further copy; return how many messages there were.

        Between copies all forget what they have handled: their handlers run again.
        """
        settings = self.consumers[consumer]
        assert settings.consumer is not None
        messages = _receive(settings.consumer.queue_url)
        for copy in range(copies if messages else 0):
            if copy:
                self._forget(settings.idempotency_table)
            with self._running(settings):
                handler = _handler(*consumer.split("."))
                records = to_records([self._senders.signed(each) for each in messages])
                answer = handler(event(*records), FakeLambdaContext())
            assert answer == {"batchItemFailures": []}
        _delete(settings.consumer.queue_url, messages)
        return len(messages)

    def run(self, *, copies: int = 1) -> None:
        """Deliver until no queue has a message that is due."""
        while any(self.deliver(consumer, copies=copies) for consumer in self.consumers):
            pass

    def pass_time(self) -> None:
        """Make due what was sent with a delay."""
        for settings, queue, entry in self.delayed:
            at_once = {key: value for key, value in entry.items() if key != "DelaySeconds"}
            with self._running(settings):
                aws.client("sqs").send_message_batch(QueueUrl=queue, Entries=[at_once])
        self.delayed.clear()

    def rows(self, service: str, table: str) -> dict[str, dict[str, Any]]:
        """Return every row of a table by id, as plain values."""
        name = make_table(f"{service}-{table}")
        found = aws.client("dynamodb").scan(TableName=name)["Items"]
        plain = [{key: next(iter(value.values())) for key, value in row.items()} for row in found]
        return {str(row["id"]): row for row in plain}

    def waiting(self, consumer: str) -> list[Message]:
        """Take and return what waits for a consumer."""
        settings = self.consumers[consumer].consumer
        return _take(settings.queue_url) if settings else []

    def dead_letters(self, consumer: str) -> list[Message]:
        """Take and return the dead letters of a consumer."""
        settings = self.consumers[consumer].consumer
        return _take(settings.dead_letter_queue_url) if settings else []

    def publish(self, service: str, kind: names.TopicKind, tag: str, body: object) -> None:
        """Publish a message that has no header to a topic, as another team might."""
        aws.client("sns").publish(
            TopicArn=_topic(service, kind),
            Message=json.dumps(body),
            MessageAttributes={"msgTag": {"DataType": "String", "StringValue": tag}},
        )

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        """Answer a direct call as Lambda does."""
        _, service, function = FunctionName.rpartition(":")[2].split("-")
        try:
            with self._running(self.consumers[f"{service}.{function}"]):
                answer = _handler(service, function)(json.loads(Payload), FakeLambdaContext())
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda answers 200
            text = {"errorMessage": str(error), "errorType": type(error).__name__}
            return {
                "FunctionError": "Unhandled",
                "Payload": io.BytesIO(json.dumps(text).encode()),
            }
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def _settings(self, service: Service, function: Uses) -> Settings:
        """Return what a function uses of its service, as a stack does."""
        own, others = narrowed(service, function), reached(self.system, function)
        queues = {
            command.msg_tag: make_queue(f"{service.name}-{consumer.name}")
            for command, consumer in enqueued_by(service, function).items()
        }
        requests = tracks_requests(service, function)
        return Settings(
            stage=STAGE,
            service=service.name,
            msg_out_arn=_topic(service.name, "MsgOut"),
            publishes=tuple(each.msg_tag for each in own.publishes),
            sends={
                name: Recipient(
                    msg_in_arn=_topic(name, "MsgIn"), accepts=tuple(c.msg_tag for c in commands)
                )
                for name, commands in sent_commands(others, own).items()
            },
            invokes={
                name: {c.msg_tag: names.function(STAGE, name, each) for c, each in by.items()}
                for name, by in invoked_functions(others, own).items()
            },
            queues=queues,
            requests_table=make_table(f"{service.name}-requests") if requests else "",
            resources={table: make_table(f"{service.name}-{table}") for table in function.tables},
        )

    def _consumer(self, service: Service, consumer: Consumer) -> Settings:
        queue = make_queue(f"{service.name}-{consumer.name}")
        for each in subscriptions(self.system, service, consumer):
            _subscribe(_topic(each.publisher, each.topic), queue, each.policy.render())
        calls = service.api.commands if service.api else {}
        return replace(
            self._settings(service, consumer),
            invocable=tuple(command.msg_tag for command in consumer.invocable),
            commands={r: c.msg_tag for r, c in calls.items() if c in consumer.invocable},
            idempotency_table=(
                make_table(f"{service.name}-handled") if consumer.idempotent else ""
            ),
            consumer=ConsumerSettings(
                name=consumer.name,
                queue_url=queue,
                dead_letter_queue_url=make_queue(f"{service.name}-{consumer.name}-dead"),
                # At once: moto would let the test wait.
                retry=replace(consumer.retry, base=0),
                guarantee=consumer.guarantee,
                replies=tuple(on.message.msg_tag for on in consumer.replies_from),
                enqueued=tuple(command.msg_tag for command in enqueued_only(consumer)),
                senders=(_role(service.name),),
            ),
        )

    def _behind(self, service: str, route: str) -> tuple[str, Settings]:
        """Return the function that answers a route of an API, and its settings."""
        for name, settings in self.consumers.items():
            if settings.service == service and route in settings.commands:
                return name.partition(".")[2], settings
        return "api", self.apis[service]

    @contextmanager
    def _running(self, settings: Settings) -> Iterator[None]:
        """Let the runtime read the settings of one function; calls may be nested."""
        before = getattr(self, "_current", settings)
        self._current = settings
        self.configure(settings)
        try:
            yield
        finally:
            self._current = before
            self.configure(before)

    def _forget(self, table: str) -> None:
        client = aws.client("dynamodb")
        for item in client.scan(TableName=table)["Items"] if table else ():
            client.delete_item(TableName=table, Key={"id": item["id"]})

    def _note_delayed(self, params: Mapping[str, Any], **_: object) -> None:
        self.delayed += [
            (self._current, params["QueueUrl"], dict(entry))
            for entry in params["Entries"]
            if entry.get("DelaySeconds")
        ]


@contextmanager
def lambda_of(moto: MotoSystem) -> Iterator[pytest.MonkeyPatch]:
    """Let the runtime find the functions of a system where it looks for Lambda."""
    real = aws.client
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            aws,
            "client",
            lambda service, **options: moto if service == "lambda" else real(service, **options),
        )
        yield patch


def _handler(service: str, name: str) -> Any:
    return getattr(importlib.import_module(f"{names.package(service)}.handler"), name)


def _role(service: str) -> str:
    """Return the role id of a service's functions, which share a role here."""
    return f"AROA{service.upper()}"


def _topic(service: str, kind: names.TopicKind) -> str:
    name = names.topic(STAGE, service, kind, fifo=False)
    arn: str = aws.client("sns").create_topic(Name=name)["TopicArn"]
    return arn


def _subscribe(topic: str, queue: str, policy: Mapping[str, Any]) -> None:
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    aws.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=answer["Attributes"]["QueueArn"],
        Attributes={
            "RawMessageDelivery": "true",
            "FilterPolicy": msgspec.json.encode(policy).decode(),
        },
    )


def _receive(queue: str) -> list[Message]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=queue,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return [Message(each) for each in answer.get("Messages", ())]


def _delete(queue: str, messages: list[Message]) -> None:
    for each in messages:
        aws.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])


def _take(queue: str) -> list[Message]:
    taken: list[Message] = []
    while messages := _receive(queue):
        _delete(queue, messages)
        taken += messages
    return taken
