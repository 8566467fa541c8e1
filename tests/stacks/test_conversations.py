"""Services that talk to each other: whom a function may reach, and where it finds them."""

from messaging.settings import Recipient, Settings
from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import (
    STAGE,
    Assembly,
    Template,
    function_arn,
    listed,
    text,
    topic_arn,
)
from tests.stacks.test_functions import settings
from tests.stacks.test_permissions import allowed, granted
from tests.systems.press.system import system
from topology.checks import check

WRITERS, EDITORS = f"{STAGE}-Writers", f"{STAGE}-Editors"
TEXTS, SESSIONS = function_arn("dev-Writers-texts"), function_arn("dev-Readers-sessions")


def known(template: Template, function: str) -> Settings:
    """The settings of an announced function."""
    return settings(template, template.announced(f"{function}Function"))


def heard(made: Assembly, stack: str, consumer: str) -> dict[str, object]:
    """The topics that feed a consumer, and the filter of each."""
    template = made.templates[stack]
    queue = template.announced(f"{consumer}Queue")
    return {
        text(each["Properties"]["TopicArn"]): each["Properties"]["FilterPolicy"]
        for each in template.of("AWS::SNS::Subscription").values()
        if each["Properties"]["Endpoint"] == {"Fn::GetAtt": [queue, "Arn"]}
    }


def test_the_system_of_these_tests_keeps_the_rules_of_the_topology() -> None:
    check(system)


def test_services_may_listen_to_each_other(assembly: Synthesized) -> None:
    made = assembly(system)
    assert topic_arn("dev-Writers-MsgOut") in heard(made, EDITORS, "Texts")
    printed = heard(made, WRITERS, "Texts")[topic_arn("dev-Editors-MsgOut")]
    assert printed == {"msgTag": ["Printed"]}


def test_answers_to_its_own_requests_are_all_that_a_service_gets(assembly: Synthesized) -> None:
    assert heard(assembly(system), EDITORS, "Texts") == {
        topic_arn("dev-Writers-MsgOut"): {
            "msgTag": ["Written"],
            "requestService": ["Editors"],
        }
    }


def test_commands_come_through_the_services_own_msg_in(assembly: Synthesized) -> None:
    accepted = heard(assembly(system), WRITERS, "Texts")[topic_arn("dev-Writers-MsgIn")]
    assert accepted == {"msgTag": ["Write", "Translate"]}


def test_units_of_work_come_through_no_topic(assembly: Synthesized) -> None:
    assert heard(assembly(system), EDITORS, "Pages") == {}


def test_a_queue_fed_by_two_topics_accepts_both_and_no_third(assembly: Synthesized) -> None:
    template = assembly(system).templates[WRITERS]
    queue = {"Ref": template.announced("TextsQueue")}
    (policy,) = (
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in template.of("AWS::SQS::QueuePolicy").values()
        if each["Properties"]["Queues"] == [queue]
    )
    (let,) = [each for each in policy if each["Effect"] == "Allow"]
    sources = {text(arn) for arn in listed(let["Condition"]["ArnEquals"]["aws:SourceArn"])}
    assert sources == {topic_arn("dev-Writers-MsgIn"), topic_arn("dev-Editors-MsgOut")}


def test_two_consumers_of_a_service_share_nothing_but_the_layer(assembly: Synthesized) -> None:
    template = assembly(system).templates[WRITERS]
    for kind in ("Queue", "DeadLetters", "Function", "LogGroup"):
        assert template.announced(f"Texts{kind}") != template.announced(f"SlowTexts{kind}")
    assert len(template.of("AWS::Lambda::LayerVersion")) == 1


def test_the_batching_window_is_part_of_the_visibility_timeout(assembly: Synthesized) -> None:
    template = assembly(system).templates[WRITERS]
    assert template.properties(template.announced("TextsQueue"))["VisibilityTimeout"] == 360
    assert template.properties(template.announced("SlowTextsQueue"))["VisibilityTimeout"] == 200


def test_a_function_without_a_part_of_its_own_knows_whom_its_service_talks_to(
    assembly: Synthesized,
) -> None:
    template = assembly(system).templates[EDITORS]
    found = known(template, "Api")
    assert found.publishes == ("Printed",)
    # Of what a recipient accepts, what this service sends.
    assert found.sends == {
        "Writers": Recipient(msg_in_arn=topic_arn("dev-Writers-MsgIn"), accepts=("Write",)),
        "Archive": Recipient(msg_in_arn=topic_arn("dev-Archive-MsgIn.fifo"), accepts=("Keep",)),
    }
    assert found.invokes == {
        "Writers": {"Preview": TEXTS},
        "Readers": {"CheckReader": SESSIONS, "EndSession": SESSIONS},
    }
    assert found.queues == {
        "Page": template.announced("PagesQueue"),
        "RequestTimedOut": template.announced("TextsQueue"),
    }
    assert found.requests_table == template.announced("Requests")


def test_a_function_with_a_part_of_its_own_knows_that_part(assembly: Synthesized) -> None:
    template = assembly(system).templates[EDITORS]
    pages, quotes = known(template, "Pages"), known(template, "Quotes")
    assert pages.sends == {
        "Archive": Recipient(msg_in_arn=topic_arn("dev-Archive-MsgIn.fifo"), accepts=("Keep",)),
    }
    assert (pages.publishes, pages.invokes, pages.queues) == ((), {}, {})
    assert pages.requests_table == ""
    assert quotes.invokes == {"Writers": {"Preview": TEXTS}}
    assert (quotes.publishes, quotes.sends) == ((), {})
    assert quotes.queues == {"RequestTimedOut": template.announced("TextsQueue")}
    assert quotes.requests_table == template.announced("Requests")


def test_a_service_that_talks_to_nobody_knows_nobody(assembly: Synthesized) -> None:
    found = known(assembly(system).templates[f"{STAGE}-Archive"], "Texts")
    assert (found.sends, found.invokes, found.queues) == ({}, {}, {})
    assert (found.commands, found.requests_table) == ({}, "")


def test_only_the_function_that_answers_knows_the_routes_that_call_it(
    assembly: Synthesized,
) -> None:
    template = assembly(system).templates[EDITORS]
    found = {name: known(template, name).commands for name in ("Texts", "Pages", "Quotes", "Api")}
    assert found == {
        "Texts": {"POST /estimate": "Estimate"},
        "Pages": {},
        "Quotes": {"POST /quote": "Quote"},
        "Api": {},
    }


def test_an_authorizer_knows_whom_to_ask_and_what_it_reads_and_nothing_else(
    assembly: Synthesized,
) -> None:
    template = assembly(system).templates[EDITORS]
    assert known(template, "Authorizer") == Settings(
        stage=STAGE,
        service="Editors",
        msg_out_arn=topic_arn("dev-Editors-MsgOut"),
        invokes={"Readers": {"CheckReader": SESSIONS, "EndSession": SESSIONS}},
        resources={"readers": template.announced("ReadersTable")},
    )


def test_a_function_may_reach_whom_it_is_told_of_and_nobody_else(assembly: Synthesized) -> None:
    template = assembly(system).templates[EDITORS]
    may = granted(template, template.announced("ApiFunction"))
    assert allowed(may, "sns:Publish") == {
        topic_arn("dev-Editors-MsgOut"),
        topic_arn("dev-Writers-MsgIn"),
        topic_arn("dev-Archive-MsgIn.fifo"),
    }
    # No version or alias, which a name alone does not cover.
    assert allowed(may, "lambda:InvokeFunction") == {TEXTS, SESSIONS}
