from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import Resource, Template, listed, service_template
from tests.systems.every import every_consumer
from topology import model, names
from topology.retries import receives
from topology.routing.subscriptions import subscriptions

DAY = 86_400


def queues(template: Template, consumer: model.Consumer) -> tuple[str, str]:
    """The logical ids of a consumer's queue and dead-letter queue."""
    name = names.pascal(consumer.name)
    return template.announced(f"{name}Queue"), template.announced(f"{name}DeadLetters")


def policies(template: Template, queue: str) -> list[Resource]:
    """Every statement about a queue."""
    return [
        statement
        for each in template.of("AWS::SQS::QueuePolicy").values()
        if {"Ref": queue} in each["Properties"]["Queues"]
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
    ]


@every_consumer
def test_a_queue_has_a_dead_letter_queue_of_its_own(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    queue, dead_letters = queues(template, consumer)
    redrive = template.properties(queue)["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters, "Arn"]}
    assert redrive["maxReceiveCount"] == receives(consumer) >= consumer.retry.max_attempts + 2
    others = sum(name.endswith(("Undelivered", "FailedCalls")) for name in template.outputs)
    assert len(template.of("AWS::SQS::Queue")) == 2 * len(service.consumers) + others


@every_consumer
def test_both_queues_are_encrypted_and_refuse_plain_http(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    for queue in queues(template, consumer):
        assert template.properties(queue)["SqsManagedSseEnabled"] is True
        refused = [each for each in policies(template, queue) if each["Effect"] == "Deny"]
        assert [each["Condition"] for each in refused] == [
            {"Bool": {"aws:SecureTransport": "false"}}
        ]


@every_consumer
def test_both_queues_of_a_fifo_consumer_keep_order_at_high_throughput(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    ordered = {
        "FifoQueue": True,
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    for queue in queues(template, consumer):
        properties = template.properties(queue)
        found = {key: properties[key] for key in ordered if key in properties}
        assert found == (ordered if consumer.fifo else {})
        assert "ContentBasedDeduplication" not in properties


@every_consumer
def test_a_message_stays_hidden_for_longer_than_its_retries_by_lambda_take(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    queue, _ = queues(template, consumer)
    visibility = template.properties(queue)["VisibilityTimeout"]
    assert visibility >= 6 * consumer.timeout + consumer.batching_window


@every_consumer
def test_dead_letters_outlive_messages(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    queue, dead_letters = queues(template, consumer)
    assert template.properties(queue)["MessageRetentionPeriod"] == 4 * DAY
    assert template.properties(dead_letters)["MessageRetentionPeriod"] == 14 * DAY


@every_consumer
def test_only_the_subscribed_topics_may_send(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    fed = {
        queue: [
            each["Properties"]["TopicArn"]
            for each in template.of("AWS::SNS::Subscription").values()
            if {"Fn::GetAtt": [queue, "Arn"]}
            in (
                each["Properties"]["Endpoint"],
                each["Properties"]["RedrivePolicy"]["deadLetterTargetArn"],
            )
        ]
        for queue in template.of("AWS::SQS::Queue")
    }
    subscribed = subscriptions(system, service, consumer)
    assert len(fed[queues(template, consumer)[0]]) == len(subscribed)
    for queue in (queue for queue in fed if fed[queue]):
        (allowed,) = [each for each in policies(template, queue) if each["Effect"] == "Allow"]
        assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
        assert listed(allowed["Action"]) == ["sqs:SendMessage"]
        assert allowed["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": fed[queue]}}
    for queue in (queue for queue in fed if not fed[queue]):
        assert [each for each in policies(template, queue) if each["Effect"] == "Allow"] == []
