"""Two services that listen to each other and take each other's commands: no example does so yet."""

import shutil
from typing import ClassVar

import pytest

from contracts import Command, Event
from stacks.deployment import Deployment
from tests.stacks.synthesis import Assembly, listed, synthesize, text, topic_arn
from topology import LAMBDAS
from topology.checks import check
from topology.model import Consumer, On, Service, System


class Generate(Command, frozen=True, kw_only=True):
    """Asks for a text."""

    msg_tag: ClassVar[str] = "Generate"


class Generated(Event, frozen=True, kw_only=True):
    """Answers."""

    msg_tag: ClassVar[str] = "Generated"


class Stored(Event, frozen=True, kw_only=True):
    """Confirms."""

    msg_tag: ClassVar[str] = "Stored"


generator = Service(
    name="Generator",
    publishes=(Generated,),
    consumers=(
        Consumer("texts", accepts=(Generate,), listens_to=(On(Stored),), timeout=60, batch_size=1),
        Consumer("slow_texts", listens_to=(On(Generated),), batch_size=100, batching_window=20),
    ),
)
requestor = Service(
    name="Requestor",
    publishes=(Stored,),
    consumers=(Consumer("texts", listens_to=(On(Generated),)),),
)
system = System(name="texts", services=(generator, requestor))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The system, deployed with handlers that do nothing."""
    check(system)
    lambdas = tmp_path_factory.mktemp("lambdas")
    for name in ("contracts", "messaging"):
        shutil.copytree(LAMBDAS / name, lambdas / name)
    shutil.copy(LAMBDAS / "requirements.txt", lambdas)
    for name in ("generator", "requestor"):
        (lambdas / name).mkdir()
        (lambdas / name / "handler.py").write_text('"""Does nothing."""\n')
    return synthesize(system, Deployment(lambdas=lambdas), tmp_path_factory.mktemp("out"))


def heard(made: Assembly, stack: str, consumer: str) -> dict[str, object]:
    """The topics that feed a consumer, and the filter of each."""
    template = made.templates[stack]
    queue = template.announced(f"{consumer}Queue")
    return {
        text(each["Properties"]["TopicArn"]): each["Properties"]["FilterPolicy"]
        for each in template.of("AWS::SNS::Subscription").values()
        if each["Properties"]["Endpoint"] == {"Fn::GetAtt": [queue, "Arn"]}
    }


def test_services_may_listen_to_each_other(made: Assembly) -> None:
    assert heard(made, "dev-Requestor", "Texts") == {
        topic_arn("dev-Generator-MsgOut"): {"msgTag": ["Generated"]}
    }
    stored = heard(made, "dev-Generator", "Texts")[topic_arn("dev-Requestor-MsgOut")]
    assert stored == {"msgTag": ["Stored"]}


def test_commands_come_through_the_services_own_msg_in(made: Assembly) -> None:
    accepted = heard(made, "dev-Generator", "Texts")[topic_arn("dev-Generator-MsgIn")]
    assert accepted == {"msgTag": ["Generate"]}


def test_a_queue_fed_by_two_topics_accepts_both_and_no_third(made: Assembly) -> None:
    template = made.templates["dev-Generator"]
    queue = {"Ref": template.announced("TextsQueue")}
    (policy,) = (
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in template.of("AWS::SQS::QueuePolicy").values()
        if each["Properties"]["Queues"] == [queue]
    )
    (allowed,) = [each for each in policy if each["Effect"] == "Allow"]
    sources = {text(arn) for arn in listed(allowed["Condition"]["ArnEquals"]["aws:SourceArn"])}
    assert sources == {topic_arn("dev-Generator-MsgIn"), topic_arn("dev-Requestor-MsgOut")}


def test_two_consumers_of_a_service_share_nothing_but_the_layer(made: Assembly) -> None:
    template = made.templates["dev-Generator"]
    for kind in ("Queue", "DeadLetters", "Function", "LogGroup"):
        assert template.announced(f"Texts{kind}") != template.announced(f"SlowTexts{kind}")
    assert len(template.of("AWS::Lambda::LayerVersion")) == 1


def test_the_batching_window_is_part_of_the_visibility_timeout(made: Assembly) -> None:
    template = made.templates["dev-Generator"]
    assert template.properties(template.announced("TextsQueue"))["VisibilityTimeout"] == 360
    assert template.properties(template.announced("SlowTextsQueue"))["VisibilityTimeout"] == 200
