from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Template, text
from tests.systems.every import every_service, every_system
from topology import model, names


def statements(template: Template, effect: str) -> list[dict[str, object]]:
    """The statements of every topic policy of a stack."""
    return [
        each
        for policy in template.of("AWS::SNS::TopicPolicy").values()
        for each in policy["Properties"]["PolicyDocument"]["Statement"]
        if each["Effect"] == effect
    ]


@every_service
def test_a_service_has_two_topics_with_predictable_names(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = assembly(system).templates[names.channels_stack(STAGE, service.name)]
    for kind in names.TOPICS:
        topic = template.announced(kind)
        end = ".fifo" if service.fifo else ""
        assert template.properties(topic)["TopicName"] == f"{STAGE}-{service.name}-{kind}{end}"
    assert len(template.of("AWS::SNS::Topic")) == 2


@every_service
def test_a_topics_arn_is_in_a_parameter(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = assembly(system).templates[names.channels_stack(STAGE, service.name)]
    found = {
        each["Properties"]["Name"]: text(each["Properties"]["Value"])
        for each in template.of("AWS::SSM::Parameter").values()
    }
    expected = {
        names.topic_parameter(STAGE, service.name, kind): template.announced(kind)
        for kind in names.TOPICS
    }
    assert expected.items() <= found.items()


@every_service
def test_a_topic_refuses_plain_http_and_opens_to_nobody(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = assembly(system).templates[names.channels_stack(STAGE, service.name)]
    refused = statements(template, "Deny")
    assert {str(each["Resource"]) for each in refused} == {
        str({"Ref": template.announced(kind)}) for kind in names.TOPICS
    }
    assert all(each["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for each in refused)
    assert statements(template, "Allow") == []


@every_service
def test_only_topics_of_a_fifo_service_keep_order(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = assembly(system).templates[names.channels_stack(STAGE, service.name)]
    # One quota a group, and no body's hash as its id: two events may be equal.
    ordered = {"FifoTopic": True, "FifoThroughputScope": "MessageGroup"}
    for topic in template.of("AWS::SNS::Topic").values():
        found = {key: value for key, value in topic["Properties"].items() if "Fifo" in key}
        assert found == (ordered if service.fifo else {})
        assert "ContentBasedDeduplication" not in topic["Properties"]


@every_system
def test_cloudwatch_of_this_account_may_raise_an_alarm(
    assembly: Synthesized, system: model.System
) -> None:
    template = assembly(system).templates[names.platform_stack(STAGE)]
    topic = template.announced("AlarmTopic")
    assert template.properties(topic)["TopicName"] == names.alarm_topic(STAGE)
    (allowed,) = statements(template, "Allow")
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
