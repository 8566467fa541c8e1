"""Functions that others invoke: their names, and their failed asynchronous invocations."""

from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Template, service_template
from tests.stacks.test_functions import settings
from tests.stacks.test_permissions import functions, granted
from tests.stacks.test_queues import DAY, policies
from tests.systems.every import Invocable, every_invocable, every_service, invocable
from topology import model, names


def parts(template: Template, function: Invocable) -> tuple[str, str]:
    """The logical ids of a function and of the queue for its failed asynchronous invocations."""
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
def test_the_settings_of_a_function_name_its_invocable_commands_and_their_routes(
    assembly: Synthesized, system: model.System, service: model.Service, function: Invocable
) -> None:
    template = service_template(assembly(system), service)
    found = settings(template, parts(template, function)[0])
    assert found.invocable == tuple(command.msg_tag for command in function.invocable)
    routes = service.api.commands.items() if service.api else ()
    assert found.commands == {
        route: command.msg_tag for route, command in routes if command in function.invocable
    }


@every_invocable
def test_an_async_invocation_that_failed_finally_is_sent_to_a_queue(
    assembly: Synthesized, system: model.System, service: model.Service, function: Invocable
) -> None:
    template = service_template(assembly(system), service)
    id_, failed = parts(template, function)
    (config,) = [
        each["Properties"]
        for each in template.of("AWS::Lambda::EventInvokeConfig").values()
        if each["Properties"]["FunctionName"] == {"Ref": id_}
    ]
    destination = {"Destination": {"Fn::GetAtt": [failed, "Arn"]}}
    assert config["DestinationConfig"] == {"OnFailure": destination}
    # Callers name no version.
    assert config["Qualifier"] == "$LATEST"
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 6 * 3600)


@every_invocable
def test_lambda_may_send_to_the_queue_before_the_destination_is_set(
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
def test_failed_async_invocations_are_retained_encrypted_for_two_weeks(
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
def test_only_an_invocable_function_has_a_queue_for_failed_async_invocations(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    named = {names.pascal(each.name) for each in invocable(service)}
    assert len(template.of("AWS::Lambda::EventInvokeConfig")) == len(named)
    found = {name for name in template.outputs if name.endswith("FailedCalls")}
    assert found == {f"{name}FailedCalls" for name in named}
    ready = {each for each in functions(template) if settings(template, each).invocable}
    assert ready == {template.announced(f"{name}Function") for name in named}
