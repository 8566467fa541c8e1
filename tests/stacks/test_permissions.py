from collections.abc import Iterable, Iterator
from typing import Any

from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import Resource, Template, listed, service_template, text
from tests.systems.every import every_consumer, every_service
from topology import model, names

# Actions of X-Ray have no resources; AWS documents both with "*".
WITHOUT_RESOURCES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def statements(template: Template) -> Iterator[Resource]:
    """Every statement of every role of a stack."""
    for each in template.of("AWS::IAM::Policy").values():
        yield from each["Properties"]["PolicyDocument"]["Statement"]


def granted(template: Template, function: str) -> dict[str, set[str]]:
    """What a function may do: resource -> actions."""
    role = template.properties(function)["Role"]["Fn::GetAtt"][0]
    found: dict[str, set[str]] = {}
    for each in template.of("AWS::IAM::Policy").values():
        if {"Ref": role} in each["Properties"]["Roles"]:
            for statement in each["Properties"]["PolicyDocument"]["Statement"]:
                for resource in listed(statement["Resource"]):
                    actions = found.setdefault(text(resource), set())
                    actions.update(listed(statement["Action"]))
    return found


def functions(template: Template) -> list[str]:
    """The logical ids of a service's functions, but of its authorizer."""
    authorizer = template.outputs.get("AuthorizerFunction", {}).get("Ref")
    return [each for each in template.of("AWS::Lambda::Function") if each != authorizer]


def allowed(may: dict[str, set[str]], action: str) -> set[str]:
    """The resources on which a function may do something."""
    return {resource for resource, actions in may.items() if action in actions}


def announced(template: Template, outputs: Iterable[str]) -> set[str]:
    """The ARNs of the resources that these outputs refer to."""
    return {f"{template.announced(output)}.Arn" for output in outputs}


@every_service
def test_no_action_is_a_wildcard(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    actions = [
        action
        for each in statements(service_template(assembly(system), service))
        for action in listed(each["Action"])
    ]
    assert actions
    assert [action for action in actions if "*" in action] == []


@every_service
def test_no_resource_is_a_wildcard_but_for_tracing_and_objects_of_an_own_bucket(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    objects = {f"{bucket}.Arn/*" for bucket in template.of("AWS::S3::Bucket")}
    # And the bodies of messages by their msgTag; test_claims.py says whose.
    objects |= {
        f"arn:aws:s3:::{parameter}/{event.msg_tag}/*"
        for parameter in template.document.get("Parameters", {})
        for publisher in system.services
        for event in publisher.publishes
    }
    for each in statements(template):
        wild = {text(resource) for resource in listed(each["Resource"]) if "*" in text(resource)}
        if "*" in wild:
            assert set(listed(each["Action"])) == WITHOUT_RESOURCES
            wild.remove("*")
        assert wild <= objects


@every_service
def test_a_role_has_no_managed_policy_and_serves_one_function(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    roles = template.of("AWS::IAM::Role")
    assert all("ManagedPolicyArns" not in each["Properties"] for each in roles.values())
    used: list[Any] = [
        each["Properties"]["Role"]["Fn::GetAtt"][0]
        for each in template.of("AWS::Lambda::Function").values()
    ]
    assert sorted(used) == sorted(roles)


@every_consumer
def test_a_consumer_may_use_its_own_queues_only(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    name = names.pascal(consumer.name)
    may = granted(template, template.announced(f"{name}Function"))
    queue, dead_letters = (template.announced(f"{name}{kind}") for kind in ("Queue", "DeadLetters"))
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:SendMessage"} <= may[f"{queue}.Arn"]
    assert "sqs:SendMessage" in may[f"{dead_letters}.Arn"]
    assert "sqs:ReceiveMessage" not in may[f"{dead_letters}.Arn"]
    assert allowed(may, "sqs:ReceiveMessage") == {f"{queue}.Arn"}


@every_service
def test_a_function_may_read_and_write_the_tables_of_its_service(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    tables = announced(template, [f"{names.pascal(each.name)}Table" for each in service.tables])
    assert len(tables) == len(service.tables)
    for function in functions(template):
        may = granted(template, function)
        assert all({"dynamodb:PutItem", "dynamodb:GetItem"} <= may[table] for table in tables)
