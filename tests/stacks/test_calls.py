"""Functions that others invoke: their names, and what becomes of asynchronous calls that fail."""

from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Template, service_template
from tests.stacks.test_functions import settings
from tests.stacks.test_permissions import functions, granted
from tests.stacks.test_queues import DAY, policies
from tests.systems.every import Invocable, every_invocable, every_service, invocable
from topology import model, names


def parts(template: Template, function: Invocable) -> tuple[str, str]:
    """The logical ids of a function and of the queue with its failed calls."""
    name = names.pascal(function.name)
    return template.announced(f"{name}Function"), template.announced(f"{name}FailedCalls")


@every_invocable
def test_others_find_a_function_by_its_name(
    assembly: Synthesized, system: model.System, service: model.Service, function: Invocable
) -> None:
    template = service_template(assembly(system), service)
    id_, _ = parts(template, function)
    properties = template.properties(id_)
    assert properties["FunctionName"] == f"{STAGE}-{service.name}-{function.name}"
    assert properties["Handler"] == names.handler(service.name, function.name)
    assert (properties["Timeout"], properties["MemorySize"]) == (function.timeout, function.memory)


@every_invocable
def test_a_function_knows_what_it_answers_and_which_routes_call_it(
    assembly: Synthesized, system: model.System, service: model.Service, function: Invocable
) -> None:
    template = service_template(assembly(system), service)
    found = settings(template, parts(template, function)[0])
    assert found.invocable == tuple(command.msg_tag for command in function.invocable)
    calls = service.api.commands.items() if service.api else ()
    assert found.commands == {
        route: command.msg_tag for route, command in calls if command in function.invocable
    }


@every_invocable
def test_a_call_that_failed_for_good_is_kept(
    assembly: Synthesized, system: model.System, service: model.Service, function: Invocable
) -> None:
    template = service_template(assembly(system), service)
    id_, failed = parts(template, function)
    (config,) = [
        each["Properties"]
        for each in template.of("AWS::Lambda::EventInvokeConfig").values()
        if each["Properties"]["FunctionName"] == {"Ref": id_}
    ]
    kept = {"Destination": {"Fn::GetAtt": [failed, "Arn"]}}
    assert config["DestinationConfig"] == {"OnFailure": kept}
    # Callers name no version.
    assert config["Qualifier"] == "$LATEST"
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 6 * 3600)


@every_invocable
def test_lambda_may_keep_it_before_it_is_told_to(
    assembly: Synthesized, system: model.System, service: model.Service, function: Invocable
) -> None:
    template = service_template(assembly(system), service)
    id_, failed = parts(template, function)
    assert "sqs:SendMessage" in granted(template, id_)[f"{failed}.Arn"]
    # It refuses a destination to which the function's role may not send.
    (policy,) = [
        policy
        for policy, each in template.of("AWS::IAM::Policy").items()
        if template.properties(id_)["Role"]["Fn::GetAtt"][0]
        == each["Properties"]["Roles"][0]["Ref"]
    ]
    assert policy in template.resources[id_]["DependsOn"]


@every_invocable
def test_failed_calls_wait_encrypted_for_two_weeks(
    assembly: Synthesized, system: model.System, service: model.Service, function: Invocable
) -> None:
    template = service_template(assembly(system), service)
    _, failed = parts(template, function)
    queue = template.properties(failed)
    assert queue["MessageRetentionPeriod"] == 14 * DAY
    assert queue["SqsManagedSseEnabled"] is True
    # Lambda sends to standard queues only.
    assert "FifoQueue" not in queue
    (refused,) = policies(template, failed)
    assert refused["Effect"] == "Deny"
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@every_service
def test_only_what_answers_is_prepared_for_calls(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    named = {names.pascal(each.name) for each in invocable(service)}
    assert len(template.of("AWS::Lambda::EventInvokeConfig")) == len(named)
    found = {name for name in template.outputs if name.endswith("FailedCalls")}
    assert found == {f"{name}FailedCalls" for name in named}
    told = {each for each in functions(template) if settings(template, each).invocable}
    assert told == {template.announced(f"{name}Function") for name in named}
