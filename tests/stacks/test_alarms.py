from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Template, service_template, text, topic_arn
from tests.systems.every import Invocable, every_consumer, every_invocable, every_service
from topology import model, names
from topology.retries import longest_wait


def watched(template: Template) -> dict[tuple[str, str], float]:
    """The metrics with alarms: (metric, value of the dimension) -> threshold."""
    return {
        (each["Properties"]["MetricName"], text(dimension["Value"])): each["Properties"][
            "Threshold"
        ]
        for each in template.of("AWS::CloudWatch::Alarm").values()
        for dimension in each["Properties"]["Dimensions"]
    }


@every_consumer
def test_dead_letters_backlog_errors_and_throttles_raise_an_alarm(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    name, found = names.pascal(consumer.name), watched(template)
    queue, function = template.announced(f"{name}Queue"), template.announced(f"{name}Function")
    dead_letters = template.announced(f"{name}DeadLetters")
    visible, oldest = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
    assert found[visible, f"{dead_letters}.QueueName"] == 0
    # A retry may wait, 15 minutes in a standard queue, then stay hidden for one visibility timeout.
    hidden = template.properties(queue)["VisibilityTimeout"]
    assert found[oldest, f"{queue}.QueueName"] == longest_wait(consumer) + hidden
    assert found["Errors", function] == found["Throttles", function] == 0


@every_consumer
def test_a_conversation_in_circles_raises_an_alarm(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    own = {"stage": STAGE, "service": service.name, "consumer": consumer.name}
    (alarm,) = [
        each["Properties"]
        for each in service_template(assembly(system), service)
        .of("AWS::CloudWatch::Alarm")
        .values()
        if {each["Name"]: each["Value"] for each in each["Properties"]["Dimensions"]} == own
    ]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Waystation", "HopLimitReached")
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)


@every_consumer
def test_what_sns_could_not_deliver_raises_an_alarm(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    found = watched(template)
    for each in template.of("AWS::SNS::Subscription").values():
        queue = text(each["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        name = queue.replace(".Arn", ".QueueName")
        assert found["ApproximateNumberOfMessagesVisible", name] == 0


@every_invocable
def test_failed_and_lost_async_invocations_raise_an_alarm(
    assembly: Synthesized,
    system: model.System,
    service: model.Service,
    function: Invocable,
) -> None:
    template = service_template(assembly(system), service)
    name, found = names.pascal(function.name), watched(template)
    failed, invoked = (template.announced(f"{name}{of}") for of in ("FailedCalls", "Function"))
    assert found["ApproximateNumberOfMessagesVisible", f"{failed}.QueueName"] == 0
    assert found["DestinationDeliveryFailures", invoked] == 0
    assert found["Errors", invoked] == found["Throttles", invoked] == 0


@every_service
def test_every_alarm_reports_to_the_stages_alarm_topic(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    alarms = service_template(assembly(system), service).of("AWS::CloudWatch::Alarm")
    assert alarms
    for each in alarms.values():
        topics = [text(action) for action in each["Properties"]["AlarmActions"]]
        assert topics == [topic_arn(names.alarm_topic(STAGE))]
        assert each["Properties"]["TreatMissingData"] == "notBreaching"


@every_service
def test_a_message_that_even_the_dead_letter_queue_refuses_raises_an_alarm(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    found = watched(service_template(assembly(system), service))
    for kind in names.TOPICS:
        topic = names.topic(STAGE, service.name, kind, fifo=service.fifo)
        assert found["NumberOfNotificationsFailedToRedriveToDlq", topic] == 0
