"""Idempotency: a table of the service holds the handled messages."""

from typing import Any, Literal

import pytest
from moto import mock_aws

from messaging import Consumer, Context
from messaging.aws import clients as aws
from messaging.consumer.settlement import queue_calls
from messaging.settings import ConsumerSettings, Settings, settings
from stacks.storage.runtime_tables import IDEMPOTENCY_ACTIONS
from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import service_template
from tests.stacks.test_permissions import granted
from tests.systems.every import every_consumer, every_service
from tests.systems.warehouse.lambdas.contracts.warehouse import Moved
from topology import model, names


@every_service
def test_only_a_service_with_an_idempotent_consumer_has_the_table(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    idempotent = any(consumer.idempotent for consumer in service.consumers)
    assert ("Handled" in template.outputs) is idempotent
    others = len(service.tables) + ("Requests" in template.outputs)
    assert len(template.of("AWS::DynamoDB::GlobalTable")) == others + idempotent


@every_service
def test_the_table_is_billed_on_demand_and_its_items_expire(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    if "Handled" not in template.outputs:
        return
    table = template.properties(template.announced("Handled"))
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    # After a restore to an earlier time messages would be handled again.
    assert "PointInTimeRecoverySpecification" not in table["Replicas"][0]


@every_consumer
def test_an_idempotent_consumer_may_do_what_its_guarantee_needs_and_no_other_may_do_anything(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    if "Handled" not in template.outputs:
        return
    may = granted(template, template.announced(f"{names.pascal(consumer.name)}Function"))
    found = may.get(f"{template.announced('Handled')}.Arn", set())
    assert found == (set(IDEMPOTENCY_ACTIONS[consumer.guarantee]) if consumer.idempotent else set())


@pytest.mark.parametrize("guarantee", ["lease", "completion"])
@mock_aws
def test_the_runtime_calls_what_its_role_allows_and_nothing_else(
    guarantee: Literal["lease", "completion"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    aws.forget_clients()
    actions = record_actions(aws.client("dynamodb"))
    aws.client("dynamodb").create_table(
        TableName="handled",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    actions.clear()

    # Once, and a second time as a copy; another one fails.
    assert [handle(guarantee, monkeypatch) for _ in range(2)] == [1, 0]
    monkeypatch.setattr(queue_calls, "send", lambda *_: {})
    assert handle(guarantee, monkeypatch, sqs_id="2", fails=True) == 0

    aws.forget_clients()
    settings.cache_clear()
    assert actions == set(IDEMPOTENCY_ACTIONS[guarantee])


def record_actions(client: Any) -> set[str]:
    """The actions of DynamoDB that a client will call from now on."""
    found: set[str] = set()
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: found.add(f"dynamodb:{model.name}")
    )
    return found


class LambdaContext:
    """The context of an invocation."""

    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left."""
        return 30_000


def handle(
    guarantee: Literal["lease", "completion"],
    monkeypatch: pytest.MonkeyPatch,
    sqs_id: str = "1",
    *,
    fails: bool = False,
) -> int:
    """Let an idempotent consumer handle one message; return how often it did."""
    own = ConsumerSettings(
        name="moves",
        queue_url="",
        dead_letter_queue_url="",
        guarantee=guarantee,
    )
    known = Settings(
        stage="dev", service="Ledger", msg_out_arn="", idempotency_table="handled", consumer=own
    )
    for name, value in known.to_environment().items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    done: list[Moved] = []
    consumer = Consumer()

    @consumer.on(Moved)
    def move(moved: Moved, _: Context) -> None:
        if fails:
            raise OSError
        done.append(moved)

    record = {
        "messageId": sqs_id,
        "receiptHandle": "1",
        "body": '{"item": "chair", "to": "attic"}',
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {"msgTag": {"dataType": "String", "stringValue": "Moved"}},
    }
    assert consumer({"Records": [record]}, LambdaContext()) == {"batchItemFailures": []}
    return len(done)
