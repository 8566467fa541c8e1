import pytest
from aws_cdk import Aws

from messaging.settings import VARIABLE, Recipient, Settings
from stacks.compute.environment import LIMIT, EnvironmentTooLarge, environment


def settings(recipients: int, arn: str) -> Settings:
    sends = {f"S{n}": Recipient(msg_in_arn=arn, accepts=("T",)) for n in range(recipients)}
    return Settings(stage="dev", service="Desk", msg_out_arn="", sends=sends)


def test_settings_that_fit_are_the_environment() -> None:
    known = settings(1, "arn")
    assert environment("answers", known, {"A": "b"}) == {"A": "b", **known.to_environment()}


def test_settings_that_cannot_fit_are_an_error_before_anything_is_deployed() -> None:
    with pytest.raises(
        EnvironmentTooLarge, match=r"Desk.answers has at least \d+ bytes .* divide the service"
    ):
        environment("answers", settings(100, "arn"), {})


def test_plain_variables_count_to_the_last_byte() -> None:
    known = settings(0, "")
    taken = len(VARIABLE) + len(known.to_environment()[VARIABLE])
    assert environment("answers", known, {"A": "ß" * ((LIMIT - taken - 1) // 2)})
    with pytest.raises(EnvironmentTooLarge):
        environment("answers", known, {"A": "x" * (LIMIT - taken)})


def test_what_is_known_only_when_it_is_deployed_is_not_counted() -> None:
    token = f"{Aws.ACCOUNT_ID}{Aws.REGION}{Aws.PARTITION}"
    assert len(environment("answers", settings(50, token), {})[VARIABLE]) > LIMIT
