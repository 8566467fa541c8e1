"""A consumer starts without what it does not need: each costs a cold start milliseconds."""

import json
import subprocess
import sys

import pytest

import messaging
from topology import LAMBDAS

SCRIPT = """
import json, sys
from {module} import {name}
print(json.dumps(sorted(sys.modules)))
"""


def loaded(module: str, name: str) -> set[str]:
    # -S: of the packages only msgspec, whose folder is given, since others import what they like.
    path = f"import sys; sys.path[:0] = {[str(LAMBDAS), *_packages()]!r}"
    done = subprocess.run(
        [sys.executable, "-S", "-c", path + SCRIPT.format(module=module, name=name)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def _packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]


def test_a_consumer_loads_no_api_no_sdk_and_nothing_for_failures() -> None:
    found = loaded("messaging", "Consumer, Context, Retry")

    assert "messaging.consumer.batch" in found
    assert (
        found
        & {
            "messaging.http.api",
            "messaging.http.request",
            "boto3",
            "botocore",
            "concurrent.futures",
            "dataclasses",
            "hashlib",
            "random",
            "traceback",
        }
        == set()
    )


def test_the_policies_load_without_the_runtime() -> None:
    assert not {"messaging.consumer.consumer", "messaging.errors"} & loaded(
        "messaging.policy", "RetryPolicy"
    )


@pytest.mark.parametrize("name", messaging.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(messaging, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        messaging.Nothing  # type: ignore[attr-defined]  # noqa: B018


def test_a_consumer_loads_what_its_settings_ask_for_only() -> None:
    rooms = "messaging.consumer"
    for_some = {
        f"{rooms}.intake.idempotency",
        f"{rooms}.intake.replies",
        f"{rooms}.execution.threads",
        "messaging.aws.dynamodb_batches",
        "messaging.function.direct",
        "messaging.function.middleware",
        "messaging.sending.invocations",
    }
    assert loaded("messaging", "Consumer") & for_some == set()
