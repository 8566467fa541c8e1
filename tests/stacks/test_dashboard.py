"""The dashboard of a system: a row a consumer, without a reference to another stack."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from messaging.consumer.model.delivery import Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done
from messaging.consumer.reporting.metrics import of_batch
from messaging.deadline import Deadline
from messaging.settings import ConsumerSettings, Settings
from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Assembly, service_template, text
from tests.systems.every import every_consumer, every_system
from topology import model, names


def widgets(assembly: Assembly, system: model.System) -> list[Any]:
    """What the dashboard of a system shows."""
    template = assembly.templates[names.dashboard_stack(STAGE, system.name)]
    (dashboard,) = template.of("AWS::CloudWatch::Dashboard").values()
    assert dashboard["Properties"]["DashboardName"] == f"{STAGE}-{system.name}"
    body = json.loads(text(dashboard["Properties"]["DashboardBody"]))
    return [each["properties"] for each in body["widgets"]]


def shown(assembly: Assembly, system: model.System, title: str) -> list[list[Any]]:
    """The metrics that one widget shows."""
    (widget,) = (each for each in widgets(assembly, system) if each["title"] == title)
    found: list[list[Any]] = widget["metrics"]
    return found


@every_system
def test_a_dashboard_has_a_row_a_consumer(assembly: Synthesized, system: model.System) -> None:
    consumers = [f"{s.name}.{consumer.name}" for s in system.services for consumer in s.consumers]
    expected = [f"{each}: {what}" for each in consumers for what in ("waiting", "handled")]
    assert [each["title"] for each in widgets(assembly(system), system)] == expected


@every_consumer
def test_what_waits_is_found_by_the_names_that_cloudformation_gives(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template, name = service_template(assembly(system), service), names.pascal(consumer.name)
    found = shown(assembly(system), system, f"{service.name}.{consumer.name}: waiting")
    looked_for = re.compile(
        r"SEARCH\('\{AWS/SQS,QueueName\} MetricName=\"(\w+)\" QueueName=([\w-]+)', 'Maximum'\)"
    )
    searches = [looked_for.fullmatch(each["expression"]) for (each,) in found]
    queue, dead_letters = (
        f"{template.name}-{template.announced(f'{name}{kind}')}"
        for kind in ("Queue", "DeadLetters")
    )
    assert [search and search.groups() for search in searches] == [
        ("ApproximateNumberOfMessagesVisible", queue),
        ("ApproximateNumberOfMessagesDelayed", queue),
        ("ApproximateNumberOfMessagesVisible", dead_letters),
        ("ApproximateAgeOfOldestMessage", queue),
    ]


@every_consumer
def test_every_metric_of_the_runtime_is_one_that_it_sends(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    namespace, dimensions, sent = of_runtime(service.name, consumer.name)
    found = shown(assembly(system), system, f"{service.name}.{consumer.name}: handled")
    for first, _, *rest in found:
        assert first == namespace
        assert set(zip(rest[0:-1:2], rest[1:-1:2], strict=True)) == dimensions
    shown_names = [name for _, name, *_ in found]
    assert shown_names == ["Processed", "Requeued", "DeadLettered", "Duplicates", "Age"]
    assert {*shown_names, "HopLimitReached"} <= sent


def of_runtime(service: str, consumer: str) -> tuple[str, set[tuple[str, str]], set[str]]:
    """The namespace, dimensions and names of the metrics that a consumer sends."""
    own = ConsumerSettings(name=consumer, queue_url="", dead_letter_queue_url="")
    config = Settings(stage=STAGE, service=service, msg_out_arn="", consumer=own)
    invocation = Invocation(
        config=config,
        consumer=own,
        handlers={},
        non_retryable=(),
        request_id="",
        deadline=Deadline(1),
        now=datetime.now(UTC),
    )
    record = {"messageId": "1", "attributes": {"SentTimestamp": "1"}}
    settled = Handled(record=record, envelope=None, outcome=Done()).settled(None)
    line = of_batch([settled], invocation)
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    (keys,) = metrics["Dimensions"]
    return (
        metrics["Namespace"],
        {(key, line[key]) for key in keys},
        {each["Name"] for each in metrics["Metrics"]},
    )
