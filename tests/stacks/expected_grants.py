"""What the topology lets each function do: resource -> actions, as a template has them."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from contracts import RequestTimedOut
from stacks.storage.runtime_tables import IDEMPOTENCY_ACTIONS, REQUEST_ACTIONS
from tests.stacks.synthesis import STAGE, Template, function_arn, topic_arn
from tests.systems.every import invocable
from topology import model, names
from topology.routing.subscriptions import publishers
from topology.uses import WRITES, Uses

Grants = dict[str, set[str]]
T = TypeVar("T")

TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
POLLING = {"sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:DeleteMessage"}
# The actions of a key that a sender, a receiver, a reader and a writer of items need.
SEALS = {"kms:Decrypt", "kms:GenerateDataKey"}
OPENS = {"kms:Decrypt"}
WRITES_ITEMS = {"kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"}


def declared(service: model.Service) -> dict[str, Uses]:
    """Every function of a service by its name; an API without routes of its own has none."""
    found: dict[str, Uses] = {each.name: each for each in service.consumers}
    found |= {each.name: each for each in service.functions}
    if service.api and service.api.routes:
        found["api"] = service.api
    if service.api and service.api.authorizer:
        found["authorizer"] = service.api.authorizer
    return found


def expected(
    template: Template, system: model.System, service: model.Service, name: str, uses: Uses
) -> Grants:
    """What one function may do, but for the customer's key."""
    grants: Grants = {"*": set(TRACES)}

    def add(resource: str, *actions: str) -> None:
        grants.setdefault(resource, set()).update(actions)

    def own(output: str) -> str:
        return f"{template.announced(output)}.Arn"

    id_ = names.pascal(name)
    add(own(f"{id_}LogGroup"), *LOGS)
    for table in service.tables:
        for action in (*uses.reads.get(table.name, ()), *uses.writes.get(table.name, ())):
            add(own(f"{names.pascal(table.name)}Table"), f"dynamodb:{action}")
    for command, consumer in _enqueued(service, uses.enqueues):
        add(own(f"{names.pascal(consumer.name)}Queue"), "sqs:SendMessage")
        if command is RequestTimedOut:
            add(own("Requests"), *REQUEST_ACTIONS)
    for topic in _topics(system, service, uses):
        add(topic_arn(topic), "sns:Publish")
    for arn in _functions(_reached(system, uses), _part(uses.invokes, service.invokes)):
        add(arn, "lambda:InvokeFunction")
    if service.claim_check:
        for event in _part(uses.publishes, service.publishes):
            add(f"{_bucket(template, service)}/{event.msg_tag}/*", "s3:PutObject")
    if getattr(uses, "invocable", ()):
        add(own(f"{id_}FailedCalls"), "sqs:SendMessage")
    if isinstance(uses, model.Consumer):
        _consumer(template, system, service, uses, own, add)
    return grants


def _consumer(
    template: Template,
    system: model.System,
    service: model.Service,
    consumer: model.Consumer,
    own: Callable[[str], str],
    add: Callable[..., None],
) -> None:
    """Add what a consumer does with its queues, the runtime's tables and stored bodies."""
    id_ = names.pascal(consumer.name)
    add(own(f"{id_}Queue"), *POLLING, "sqs:ChangeMessageVisibility")
    add(own(f"{id_}DeadLetters"), "sqs:SendMessage")
    if not consumer.fifo:
        add(own(f"{id_}Queue"), "sqs:SendMessage")
    if consumer.idempotent:
        add(own("Handled"), *IDEMPOTENCY_ACTIONS[consumer.guarantee])
    limited = any(RequestTimedOut in each.accepts_enqueued for each in service.consumers)
    if limited and (consumer.replies_from or RequestTimedOut in consumer.accepts_enqueued):
        add(own("Requests"), *REQUEST_ACTIONS)
    for on in consumer.subscribed:
        publisher = publishers(system)[on.message]
        if publisher.claim_check:
            bucket = _bucket(template, publisher)
            add(f"{bucket}/{on.message.msg_tag}/*", "s3:GetObject")
            add(bucket, "s3:ListBucket")


def key_actions(template: Template, grants: Mapping[str, set[str]]) -> set[str]:
    """What a function needs of the customer's key to do what it may do."""
    tables = {f"{each}.Arn" for each in template.of("AWS::DynamoDB::GlobalTable")}
    needed: set[str] = set()
    for resource, actions in grants.items():
        if resource in tables:
            writes = {f"dynamodb:{action}" for action in WRITES} & actions
            needed |= WRITES_ITEMS if writes else OPENS
        if actions & {"sqs:SendMessage", "sns:Publish"}:
            needed |= SEALS
        if "sqs:ReceiveMessage" in actions:
            needed |= OPENS
    return needed


def _part(part: tuple[T, ...] | None, whole: tuple[T, ...]) -> tuple[T, ...]:
    return whole if part is None else part


def _enqueued(
    service: model.Service, part: Iterable[object] | None
) -> list[tuple[object, model.Consumer]]:
    return [
        (command, consumer)
        for consumer in service.consumers
        for command in consumer.accepts_enqueued
        if part is None or command in part
    ]


def _topics(system: model.System, service: model.Service, uses: Uses) -> set[str]:
    sends = _part(uses.sends, service.sends)
    recipients = [
        other
        for other in _reached(system, uses)
        if any(command in sends for each in other.consumers for command in each.accepts)
    ]
    found = {names.topic(STAGE, each.name, "MsgIn", fifo=each.fifo) for each in recipients}
    if _part(uses.publishes, service.publishes):
        found.add(names.topic(STAGE, service.name, "MsgOut", fifo=service.fifo))
    return found


def _reached(system: model.System, uses: Uses) -> list[model.Service]:
    everyone = [each.name for each in system.services]
    return [each for each in system.services if each.name in (uses.recipients or everyone)]


def _functions(services: Iterable[model.Service], invokes: Iterable[object]) -> set[str]:
    return {
        function_arn(names.function(STAGE, other.name, each.name))
        for other in services
        for each in invocable(other)
        if any(command in invokes for command in each.invocable)
    }


def _bucket(template: Template, service: model.Service) -> str:
    (parameter,) = (
        id_
        for id_, each in template.document["Parameters"].items()
        if each.get("Default") == names.claims_parameter(STAGE, service.name)
    )
    return f"arn:aws:s3:::{parameter}"
