"""The settings of functions: names and ARNs from the topology, URLs from the stack."""

from collections.abc import Collection, Iterable, Mapping

from constructs import Construct
from msgspec.structs import replace

from contracts import Command, Message
from messaging.settings import ConsumerSettings, Recipient, Settings
from stacks.queues.queue_pair import QueuePair
from stacks.storage.resources import Resources
from stacks.storage.tables import RuntimeTable
from stacks.support.arns import function_arn, topic_arn
from topology import model, names
from topology.routing.parts import enqueued_by, narrowed, reached, tracks_requests
from topology.routing.recipients import enqueued_only, invoked_functions, sent_commands
from topology.uses import Uses


def service_settings(
    scope: Construct,
    service: model.Service,
    function: Uses,
    system: model.System,
    *,
    stage: str,
    resources: Resources,
    queues: Mapping[str, QueuePair],
) -> Settings:
    """Return what a function of a service uses; `queues` by consumer."""
    own, others = narrowed(service, function), reached(system, function)
    claims = resources.claims
    requests_table = resources.requests_table if tracks_requests(service, function) else None
    return Settings(
        stage=stage,
        service=service.name,
        msg_out_arn=_topic_arn(scope, stage, service, "MsgOut"),
        publishes=_tags(own.publishes),
        sends=_sends(scope, own, others, stage),
        invokes=_invokes(scope, own, others, stage),
        queues={
            command.msg_tag: queues[consumer.name].queue.queue_url
            for command, consumer in enqueued_by(service, function).items()
        },
        requests_table=requests_table.table.table_name if requests_table else "",
        resources=resources.names(function.tables),
        claims_bucket=claims.bucket_name if claims and own.publishes else "",
    )


def invocable_settings(
    shared: Settings, service: model.Service, invocable: Collection[type[Command]]
) -> Settings:
    """Add the commands that a function handles when it is invoked, and their routes of the API."""
    routes = service.api.commands if service.api else {}
    return replace(
        shared,
        invocable=_tags(invocable),
        commands={route: each.msg_tag for route, each in routes.items() if each in invocable},
    )


def consumer_settings(
    settings: Settings,
    consumer: model.Consumer,
    queues: QueuePair,
    idempotency_table: RuntimeTable | None,
    claim_buckets: Mapping[str, str],
) -> Settings:
    """Add the settings of a consumer to those of its function; `claim_buckets` by msgTag."""
    return replace(
        settings,
        consumer=ConsumerSettings(
            name=consumer.name,
            queue_url=queues.queue.queue_url,
            dead_letter_queue_url=queues.dead_letters.queue_url,
            retry=consumer.retry,
            hop_limit=consumer.hop_limit,
            handler_timeout=consumer.handler_timeout,
            on_requeue_failure=consumer.on_requeue_failure,
            fifo=consumer.fifo,
            concurrency=consumer.concurrency,
            guarantee=consumer.guarantee,
            deduplication_window=consumer.deduplication_window,
            payload_check=consumer.payload_check,
            replies=_tags(on.message for on in consumer.replies_from),
            enqueued=_tags(enqueued_only(consumer)),
            claim_buckets=dict(claim_buckets),
        ),
        idempotency_table=idempotency_table.table.table_name if idempotency_table else "",
    )


def with_senders(settings: Settings, role_ids: Iterable[str]) -> Settings:
    """Add to the settings of a consumer the roles of the functions that may send to its queue."""
    assert settings.consumer is not None
    return replace(settings, consumer=replace(settings.consumer, senders=tuple(role_ids)))


def _sends(
    scope: Construct, service: model.Service, system: model.System, stage: str
) -> dict[str, Recipient]:
    commands = sent_commands(system, service)
    return {
        each.name: Recipient(
            msg_in_arn=_topic_arn(scope, stage, each, "MsgIn"), accepts=_tags(commands[each.name])
        )
        for each in system.services
        if each.name in commands
    }


def _invokes(
    scope: Construct, service: model.Service, system: model.System, stage: str
) -> dict[str, dict[str, str]]:
    return {
        other: {
            command.msg_tag: function_arn(scope, names.function(stage, other, function))
            for command, function in functions.items()
        }
        for other, functions in invoked_functions(system, service).items()
    }


def _topic_arn(scope: Construct, stage: str, service: model.Service, kind: names.TopicKind) -> str:
    return topic_arn(scope, names.topic(stage, service.name, kind, fifo=service.fifo))


def _tags(messages: Iterable[type[Message]]) -> tuple[str, ...]:
    return tuple(each.msg_tag for each in messages)
