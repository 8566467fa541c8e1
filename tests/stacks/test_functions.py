from collections.abc import Iterator

from msgspec.structs import replace

from messaging.settings import VARIABLE, ConsumerSettings, Settings
from tests.stacks.conftest import Synthesized
from tests.stacks.expected_grants import declared
from tests.stacks.synthesis import STAGE, Template, service_template, text, topic_arn
from tests.stacks.test_permissions import allowed, granted
from tests.systems.every import every_api, every_consumer, every_service
from topology import model, names
from topology.routing.subscriptions import subscriptions


def functions(template: Template) -> Iterator[str]:
    """The logical ids of every function of a stack."""
    found = template.of("AWS::Lambda::Function")
    assert found
    yield from found


def settings(template: Template, function: str) -> Settings:
    """What a function will read from its environment."""
    variables = template.properties(function)["Environment"]["Variables"]
    return Settings.from_environment({VARIABLE: text(variables[VARIABLE])})


@every_service
def test_a_function_runs_on_the_current_python_on_arm(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    (layer,) = template.of("AWS::Lambda::LayerVersion")
    for function in functions(template):
        properties = template.properties(function)
        assert properties["Runtime"] == "python3.14"
        assert properties["Architectures"] == ["arm64"]
        assert properties["Layers"] == [{"Ref": layer}]
        assert properties["TracingConfig"] == {"Mode": "Active"}


@every_service
def test_logs_are_json_in_a_group_that_forgets(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    for function in functions(template):
        logging = template.properties(function)["LoggingConfig"]
        assert logging["LogFormat"] == "JSON"
        assert template.properties(logging["LogGroup"]["Ref"])["RetentionInDays"] == 30


@every_consumer
def test_a_consumer_may_loop_since_requeueing_is_a_loop(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    function = template.announced(f"{names.pascal(consumer.name)}Function")
    assert template.properties(function)["RecursiveLoop"] == "Allow"


@every_consumer
def test_a_consumer_finds_its_queues_and_rules_in_its_settings(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    name = names.pascal(consumer.name)
    found = settings(template, template.announced(f"{name}Function"))
    assert found.idempotency_table == (template.announced("Handled") if consumer.idempotent else "")
    assert found.consumer is not None
    # These three have tests of their own.
    plain = replace(found.consumer, senders=(), claim_buckets={}, enqueued=())
    assert plain == ConsumerSettings(
        name=consumer.name,
        queue_url=template.announced(f"{name}Queue"),
        dead_letter_queue_url=template.announced(f"{name}DeadLetters"),
        retry=consumer.retry,
        hop_limit=consumer.hop_limit,
        handler_timeout=consumer.handler_timeout,
        on_requeue_failure=consumer.on_requeue_failure,
        fifo=consumer.fifo,
        concurrency=consumer.concurrency,
        guarantee=consumer.guarantee,
        deduplication_window=consumer.deduplication_window,
        payload_check=consumer.payload_check,
        replies=tuple(on.message.msg_tag for on in consumer.replies_from),
    )


@every_consumer
def test_a_consumer_honours_the_state_of_the_functions_that_may_send_to_its_queue(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    """By their role ids, and of no other function. Its own always: a dead letter is its copy."""
    template = service_template(assembly(system), service)
    name = names.pascal(consumer.name)
    own = template.announced(f"{name}Function")
    found = settings(template, own).consumer
    queue = f"{template.announced(f'{name}Queue')}.Arn"
    roles = {
        text(template.properties(each)["Role"]).removesuffix(".Arn")
        for each in functions(template)
        if each == own or "sqs:SendMessage" in granted(template, each).get(queue, set())
    }
    assert found is not None
    assert sorted(found.senders) == sorted(f"{role}.RoleId" for role in roles)


@every_consumer
def test_a_consumer_knows_which_commands_reach_its_queue_through_no_topic(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    function = template.announced(f"{names.pascal(consumer.name)}Function")
    found = settings(template, function).consumer
    through_topics = {tag for each in subscriptions(system, service, consumer) for tag in each.tags}
    assert found is not None
    assert set(found.enqueued) == {each.msg_tag for each in consumer.from_queue} - through_topics


@every_service
def test_every_function_finds_its_service_its_topic_and_the_tables_that_it_uses(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    tables = {
        table.name: template.announced(f"{names.pascal(table.name)}Table")
        for table in service.tables
    }
    for name, uses in declared(service).items():
        found = settings(template, template.announced(f"{names.pascal(name)}Function"))
        assert (found.stage, found.service) == (STAGE, service.name)
        events = service.publishes if uses.publishes is None else uses.publishes
        assert found.publishes == tuple(event.msg_tag for event in events)
        msg_out = names.topic(STAGE, service.name, "MsgOut", fifo=service.fifo)
        assert found.msg_out_arn == topic_arn(msg_out)
        own = {name for name in tables if name in uses.reads or name in uses.writes}
        assert {name: found.resources.get(name) for name in tables} == {
            name: tables[name] if name in own else None for name in tables
        }


@every_service
def test_the_settings_of_a_function_name_what_its_role_may_reach_and_nothing_else(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    queues = {
        template.announced(name): f"{template.announced(name)}.Arn"
        for name in template.outputs
        if name.endswith("Queue")
    }
    for function in functions(template):
        found, may = settings(template, function), granted(template, function)
        topics = {each.msg_in_arn for each in found.sends.values()}
        topics |= {found.msg_out_arn} if found.publishes else set()
        assert allowed(may, "sns:Publish") == topics
        invoked = {arn for each in found.invokes.values() for arn in each.values()}
        assert allowed(may, "lambda:InvokeFunction") == invoked
        reached = allowed(may, "sqs:SendMessage")
        assert {queues[each] for each in found.queues.values()} <= reached


@every_service
def test_the_variables_of_the_topology_reach_every_function(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    for function in functions(template):
        variables = template.properties(function)["Environment"]["Variables"]
        assert {**variables, VARIABLE: ""} == {**service.environment, VARIABLE: ""}


@every_consumer
def test_lambda_polls_as_the_topology_declares_and_reports_single_failures(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    name = names.pascal(consumer.name)
    queue, function = template.announced(f"{name}Queue"), template.announced(f"{name}Function")
    (source,) = [
        each["Properties"]
        for each in template.of("AWS::Lambda::EventSourceMapping").values()
        if each["Properties"]["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]}
    ]
    # Lambda refuses a window for a FIFO queue.
    window = {"MaximumBatchingWindowInSeconds": consumer.batching_window}
    assert source == {
        **({} if consumer.fifo else window),
        "EventSourceArn": {"Fn::GetAtt": [queue, "Arn"]},
        "FunctionName": {"Ref": function},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BatchSize": consumer.batch_size,
        "ScalingConfig": {"MaximumConcurrency": consumer.max_concurrency},
    }


@every_consumer
def test_a_consumer_has_the_time_and_memory_of_the_topology(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    properties = template.properties(template.announced(f"{names.pascal(consumer.name)}Function"))
    assert (properties["Timeout"], properties["MemorySize"]) == (consumer.timeout, consumer.memory)
    assert properties["Handler"] == names.handler(service.name, consumer.name)


@every_api
def test_only_a_consumer_may_loop(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    assert ("ApiFunction" in template.outputs) is bool(api.routes)
    for name, limits in {"Api": api, "Authorizer": api.authorizer}.items():
        if limits and f"{name}Function" in template.outputs:
            properties = template.properties(template.announced(f"{name}Function"))
            assert "RecursiveLoop" not in properties
            found = (properties["Timeout"], properties["MemorySize"])
            assert found == (limits.timeout, limits.memory)
            assert properties["Handler"] == names.handler(service.name, name.lower())
            assert settings(template, template.announced(f"{name}Function")).consumer is None
