from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Resource, Template, service_template, text, topic_arn
from tests.systems.every import every_consumer
from topology import model, names
from topology.routing.subscriptions import subscriptions


def fed(template: Template, consumer: model.Consumer) -> dict[str, Resource]:
    """The subscriptions of a consumer's queue, by the topic's ARN."""
    queue = template.announced(f"{names.pascal(consumer.name)}Queue")
    return {
        text(each["Properties"]["TopicArn"]): each
        for each in template.of("AWS::SNS::Subscription").values()
        if each["Properties"]["Endpoint"] == {"Fn::GetAtt": [queue, "Arn"]}
    }


@every_consumer
def test_a_queue_has_the_subscriptions_and_filters_of_the_topology(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    found = fed(service_template(assembly(system), service), consumer)
    assert {topic: each["Properties"]["FilterPolicy"] for topic, each in found.items()} == {
        topic_arn(
            names.topic(STAGE, each.publisher, each.topic, fifo=each.fifo)
        ): each.policy.render()
        for each in subscriptions(system, service, consumer)
    }


@every_consumer
def test_messages_arrive_raw_and_what_cannot_arrive_is_a_dead_letter(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    for topic, each in fed(template, consumer).items():
        assert each["Properties"]["Protocol"] == "sqs"
        assert each["Properties"]["RawMessageDelivery"] is True
        # SNS takes a dead-letter queue of the topic's own type.
        other = topic.endswith(".fifo") and not consumer.fifo
        kind = "Undelivered" if other else "DeadLetters"
        dead_letters = template.announced(f"{names.pascal(consumer.name)}{kind}")
        expected = {"deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]}}
        assert each["Properties"]["RedrivePolicy"] == expected
        assert template.properties(dead_letters).get("FifoQueue", False) is topic.endswith(".fifo")


@every_consumer
def test_nothing_is_subscribed_before_the_queues_accept_it(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    for each in fed(template, consumer).values():
        properties = each["Properties"]
        queues = [
            {"Ref": arn["Fn::GetAtt"][0]}
            for arn in (properties["Endpoint"], properties["RedrivePolicy"]["deadLetterTargetArn"])
        ]
        policies = {
            id_
            for id_, policy in template.of("AWS::SQS::QueuePolicy").items()
            if any(queue in policy["Properties"]["Queues"] for queue in queues)
        }
        assert len(policies) == 2
        assert policies <= set(each["DependsOn"])
