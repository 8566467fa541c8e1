"""A function may reach what the topology declares, and nothing else."""

from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, function_arn, service_template, topic_arn
from tests.stacks.test_permissions import allowed, announced, functions, granted
from tests.systems.every import every_api, every_service, invocable
from topology import model, names


@every_service
def test_a_function_may_send_to_its_own_queues_and_to_queues_that_accept_enqueued_commands(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    accepting = [
        f"{names.pascal(each.name)}Queue" for each in service.consumers if each.accepts_enqueued
    ]
    own: dict[str, list[str]] = {f"{names.pascal(f.name)}Function": [] for f in service.functions}
    for each in service.consumers:
        name = names.pascal(each.name)
        own[f"{name}Function"] = [f"{name}Queue", f"{name}DeadLetters"]
    for function in invocable(service):
        name = names.pascal(function.name)
        own[f"{name}Function"].append(f"{name}FailedCalls")
    if "ApiFunction" in template.outputs:
        own["ApiFunction"] = []
    assert {template.announced(name) for name in own} == set(functions(template))
    for name, queues in own.items():
        may = granted(template, template.announced(name))
        assert allowed(may, "sqs:SendMessage") == announced(template, [*accepting, *queues])


@every_service
def test_a_function_may_publish_where_the_topology_declares(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    topics = {
        topic_arn(names.topic(STAGE, other.name, "MsgIn", fifo=other.fifo))
        for other in system.services
        for consumer in other.consumers
        if any(command in service.sends for command in consumer.accepts)
    }
    if service.publishes:
        topics.add(topic_arn(names.topic(STAGE, service.name, "MsgOut", fifo=service.fifo)))
    for function in functions(template):
        assert allowed(granted(template, function), "sns:Publish") == topics


@every_service
def test_every_function_may_invoke_what_the_topology_declares(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    invoked = {
        function_arn(names.function(STAGE, other.name, each.name))
        for other in system.services
        for each in invocable(other)
        if any(command in service.invokes for command in each.invocable)
    }
    for function in template.of("AWS::Lambda::Function"):
        may = granted(template, function)
        assert allowed(may, "lambda:InvokeFunction") == invoked
        assert {action for do in may.values() for action in do if action.startswith("lambda:")} <= {
            "lambda:InvokeFunction"
        }


@every_api
def test_an_authorizer_may_log_trace_and_invoke_and_do_nothing_else(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    assert ("AuthorizerFunction" in template.outputs) is (api.authorizer is not None)
    if api.authorizer:
        may = granted(template, template.announced("AuthorizerFunction"))
        log = announced(template, ["AuthorizerLogGroup"])
        assert set(may) - allowed(may, "lambda:InvokeFunction") == {"*", *log}
