"""A table of the requesting service holds pending requests with a time limit."""

from contracts import RequestTimedOut
from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import service_template
from tests.stacks.test_functions import settings
from tests.stacks.test_permissions import functions, granted
from tests.systems.every import every_service
from topology import model


def has_time_limits(service: model.Service) -> bool:
    """Whether a service handles time-outs of its requests."""
    return any(RequestTimedOut in consumer.accepts_enqueued for consumer in service.consumers)


@every_service
def test_only_a_service_that_handles_time_outs_has_the_table(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    assert ("Requests" in template.outputs) is has_time_limits(service)


@every_service
def test_a_function_finds_the_table_if_it_begins_or_ends_requests(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    table = template.announced("Requests") if has_time_limits(service) else ""
    for function in functions(template):
        uses = f"{table}.Arn" in granted(template, function)
        assert settings(template, function).requests_table == (table if uses else "")


@every_service
def test_the_table_is_billed_on_demand_and_its_items_expire(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    if not has_time_limits(service):
        return
    table = template.properties(template.announced("Requests"))
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    # After a restore to an earlier time time-outs would be delivered again.
    assert "PointInTimeRecoverySpecification" not in table["Replicas"][0]
