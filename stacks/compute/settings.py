"""What every function of a service must know: whom it may talk to, and where that is."""

from collections.abc import Iterable, Mapping

from constructs import Construct

from contracts import Message
from messaging.settings import Recipient, Settings
from stacks.queues.queue_pair import QueuePair
from stacks.storage.resources import Resources
from stacks.support.arns import function_arn, topic_arn
from topology import model, names
from topology.routing.recipients import enqueued_commands, invoked_functions, sent_commands


def service_settings(
    scope: Construct,
    service: model.Service,
    system: model.System,
    *,
    stage: str,
    resources: Resources,
    queues: Mapping[str, QueuePair],
) -> Settings:
    """Return the settings that all functions of a service share; `queues` by consumer."""
    claims, requests = resources.claims, resources.requests
    kept = [each.resources for each in resources.kept]
    return Settings(
        stage=stage,
        service=service.name,
        msg_out_arn=_topic(scope, stage, service, "MsgOut"),
        publishes=_tags(service.publishes),
        sends=_sends(scope, service, system, stage),
        invokes=_invokes(scope, service, system, stage),
        queues={
            command.msg_tag: queues[consumer.name].queue.queue_url
            for command, consumer in enqueued_commands(service).items()
        },
        requests_table=requests.table.table_name if requests else "",
        resources={name: value for each in kept for name, value in each.items()},
        claims_bucket=claims.bucket_name if claims else "",
    )


def authorizer_settings(shared: Settings) -> Settings:
    """Return what a function must know that says who may call an API: whom it may ask."""
    return Settings(
        stage=shared.stage,
        service=shared.service,
        msg_out_arn=shared.msg_out_arn,
        invokes=shared.invokes,
    )


def _sends(
    scope: Construct, service: model.Service, system: model.System, stage: str
) -> dict[str, Recipient]:
    found = sent_commands(system, service)
    return {
        each.name: Recipient(
            msg_in_arn=_topic(scope, stage, each, "MsgIn"), accepts=_tags(found[each.name])
        )
        for each in system.services
        if each.name in found
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


def _topic(scope: Construct, stage: str, service: model.Service, kind: names.TopicKind) -> str:
    return topic_arn(scope, names.topic(stage, service.name, kind, fifo=service.fifo))


def _tags(messages: Iterable[type[Message]]) -> tuple[str, ...]:
    return tuple(each.msg_tag for each in messages)
