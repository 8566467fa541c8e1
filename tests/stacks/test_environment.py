import json

import msgspec
import pytest
from aws_cdk import Aws

from messaging.settings import VARIABLE, ConsumerSettings, Recipient, Settings
from stacks.compute.environment import LIMIT, EnvironmentTooLarge, environment
from topology import model


def settings(recipients: int, arn: str) -> Settings:
    sends = {f"S{n}": Recipient(msg_in_arn=arn, accepts=("T",)) for n in range(recipients)}
    return Settings(stage="dev", service="Desk", msg_out_arn="", sends=sends)


def test_settings_that_fit_are_the_environment() -> None:
    given = settings(1, "arn")
    assert environment("prices", given, {"A": "b"}) == {"A": "b", **given.to_environment()}


def test_settings_that_cannot_fit_are_an_error_before_anything_is_deployed() -> None:
    with pytest.raises(
        EnvironmentTooLarge, match=r"Desk.prices has at least \d+ bytes .* divide the service"
    ):
        environment("prices", settings(100, "arn"), {})


def test_plain_variables_count_to_the_last_byte() -> None:
    given = settings(0, "")
    taken = len(VARIABLE) + len(given.to_environment()[VARIABLE])
    assert environment("prices", given, {"A": "ß" * ((LIMIT - taken - 1) // 2)})
    with pytest.raises(EnvironmentTooLarge):
        environment("prices", given, {"A": "x" * (LIMIT - taken)})


def test_values_that_cloudformation_resolves_do_not_count() -> None:
    token = f"{Aws.ACCOUNT_ID}{Aws.REGION}{Aws.PARTITION}"
    assert len(environment("prices", settings(50, token), {})[VARIABLE]) > LIMIT


def test_a_default_takes_no_room() -> None:
    usual = model.Consumer("usual")
    own = ConsumerSettings(
        name=usual.name,
        queue_url="",
        dead_letter_queue_url="",
        hop_limit=usual.hop_limit,
        handler_timeout=usual.handler_timeout,
        on_requeue_failure=usual.on_requeue_failure,
        fifo=usual.fifo,
        concurrency=usual.concurrency,
        guarantee=usual.guarantee,
        deduplication_window=usual.deduplication_window,
    )
    written = json.loads(msgspec.json.encode(own))
    assert written.keys() == {"name", "queue_url", "dead_letter_queue_url"}
