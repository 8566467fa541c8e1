from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import (
    STAGE,
    Resource,
    Template,
    every_consumer,
    service_template,
    text,
    topic_arn,
)
from topology import model, names
from topology.subscriptions import subscriptions


def fed(template: Template, consumer: model.Consumer) -> dict[str, Resource]:
    """The subscriptions of a consumer's queue, by the topic's ARN."""
    queue = template.announced(f"{names.pascal(consumer.name)}Queue")
    return {
        text(each["Properties"]["TopicArn"]): each
        for each in template.of("AWS::SNS::Subscription").values()
        if each["Properties"]["Endpoint"] == {"Fn::GetAtt": [queue, "Arn"]}
    }


@every_consumer
def test_a_queue_is_subscribed_to_what_the_map_says_with_the_maps_filter(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    found = fed(service_template(assembly(system), service), consumer)
    assert {topic: each["Properties"]["FilterPolicy"] for topic, each in found.items()} == {
        topic_arn(names.topic(STAGE, each.publisher, each.topic)): each.policy.render()
        for each in subscriptions(system, service, consumer)
    }


@every_consumer
def test_messages_arrive_raw_and_what_cannot_arrive_is_a_dead_letter(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    dead_letters = template.announced(f"{names.pascal(consumer.name)}DeadLetters")
    for each in fed(template, consumer).values():
        assert each["Properties"]["Protocol"] == "sqs"
        assert each["Properties"]["RawMessageDelivery"] is True
        expected = {"deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]}}
        assert each["Properties"]["RedrivePolicy"] == expected


@every_consumer
def test_nothing_is_subscribed_before_the_queues_accept_it(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    name = names.pascal(consumer.name)
    queues = [{"Ref": template.announced(f"{name}{kind}")} for kind in ("Queue", "DeadLetters")]
    policies = {
        id_
        for id_, each in template.of("AWS::SQS::QueuePolicy").items()
        if any(queue in each["Properties"]["Queues"] for queue in queues)
    }
    assert len(policies) == 2
    for each in fed(template, consumer).values():
        assert policies <= set(each["DependsOn"])
