from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from stacks.storage.runtime_tables import REQUEST_ACTIONS
from stacks.system import find_extensions
from tests.stacks.conftest import Synthesized
from tests.stacks.expected_grants import declared, expected, key_actions
from tests.stacks.synthesis import (
    STAGE,
    Resource,
    Template,
    listed,
    service_template,
    text,
    topic_arn,
)
from tests.systems.every import every_service
from tests.systems.press.system import system as press
from topology import model, names, registry

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


def has_extension(service: model.Service) -> bool:
    """Whether a team's own CDK code may grant more than the topology."""
    return names.package(service.name) in find_extensions(registry.systems().values())


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


@every_service
def test_a_function_may_do_what_the_topology_declares_and_nothing_else(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    assert {template.announced(f"{names.pascal(each)}Function") for each in declared(service)} == {
        *template.of("AWS::Lambda::Function")
    }
    for name, uses in declared(service).items():
        found = granted(template, template.announced(f"{names.pascal(name)}Function"))
        wanted = expected(template, system, service, name, uses)
        if has_extension(service):
            found = {resource: do for resource, do in found.items() if resource in wanted}
        assert found == wanted, name


@every_service
def test_a_function_may_use_the_customers_key_as_far_as_it_needs_to(
    keyed: Synthesized, system: model.System, service: model.Service
) -> None:
    if has_extension(service):
        return
    template = service_template(keyed(system), service)
    for name, uses in declared(service).items():
        found = granted(template, template.announced(f"{names.pascal(name)}Function"))
        keys = {each: do for each, do in found.items() if any("kms:" in action for action in do)}
        grants = expected(template, system, service, name, uses)
        needed = key_actions(template, grants)
        assert set().union(*keys.values()) == needed, name
        assert {**grants, **keys} == found
        # The stage's own key, which CloudFormation looks up.
        assert {template.document["Parameters"][each]["Default"] for each in keys} == (
            {names.key_parameter(STAGE)} if needed else set()
        )


def test_a_function_of_a_service_has_its_own_part_of_what_the_service_may_do(
    assembly: Synthesized,
) -> None:
    template = assembly(press).templates[names.service_stack(STAGE, "Editors")]
    queue, dead = template.announced("PagesQueue"), template.announced("PagesDeadLetters")
    may = granted(template, template.announced("PagesFunction"))
    assert may == {
        "*": {"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
        f"{template.announced('PagesLogGroup')}.Arn": {
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        },
        f"{queue}.Arn": {
            "sqs:ReceiveMessage",
            "sqs:GetQueueAttributes",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:SendMessage",
        },
        f"{dead}.Arn": {"sqs:SendMessage"},
        f"{template.announced('TextsTable')}.Arn": {"dynamodb:Scan"},
        topic_arn("dev-Archive-MsgIn.fifo"): {"sns:Publish"},
    }


@pytest.mark.parametrize(
    ("function", "texts", "readers"),
    [
        ("Texts", {"BatchGetItem", "ConditionCheckItem", "UpdateItem"}, set()),
        ("Pages", {"Scan"}, set()),
        ("Quotes", set(), set()),
        ("Api", {"GetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem"}, set()),
        ("Authorizer", set(), {"Query"}),
    ],
)
def test_a_function_may_perform_the_actions_on_tables_that_it_names(
    assembly: Synthesized, function: str, texts: set[str], readers: set[str]
) -> None:
    template = assembly(press).templates[names.service_stack(STAGE, "Editors")]
    may = granted(template, template.announced(f"{function}Function"))
    for table, actions in (("Texts", texts), ("Readers", readers)):
        found = may.get(f"{template.announced(f'{table}Table')}.Arn", set())
        assert found == {f"dynamodb:{action}" for action in actions}


@pytest.mark.parametrize(
    ("function", "actions"),
    [
        ("Texts", REQUEST_ACTIONS),
        ("Pages", ()),
        ("Quotes", REQUEST_ACTIONS),
        ("Api", REQUEST_ACTIONS),
        ("Authorizer", ()),
    ],
)
def test_a_function_begins_or_ends_requests_with_a_time_limit_as_it_declares(
    assembly: Synthesized, function: str, actions: tuple[str, ...]
) -> None:
    template = assembly(press).templates[names.service_stack(STAGE, "Editors")]
    may = granted(template, template.announced(f"{function}Function"))
    assert may.get(f"{template.announced('Requests')}.Arn", set()) == set(actions)
