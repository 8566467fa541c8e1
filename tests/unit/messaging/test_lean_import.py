"""A function loads no module that it does not need: each would cost its cold start time."""

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
    # -S: no `.pth` files, which may import anything; packages are found by their folder.
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


@pytest.mark.parametrize(
    ("name", "loads"),
    [
        ("created", {"request", "response"}),
        ("Response", {"request", "response"}),
        ("ApiContext", {"context"}),
        (
            "Authorizer",
            {"authorizer", "context", "request", "request_log"},
        ),
    ],
)
def test_a_name_of_the_http_door_loads_its_own_modules_only(name: str, loads: set[str]) -> None:
    found = loaded("messaging.http", name)

    rooms = {each.split(".")[2] for each in found if each.startswith("messaging.http.")}
    assert rooms == loads


@pytest.mark.parametrize(
    ("name", "loads"),
    [
        ("client", {"aws", "aws.attempts", "aws.clients"}),
        ("log", {"log"}),
        ("Retry", {"errors"}),
        ("resource", {"policy", "settings"}),
        ("table", {"aws", "aws.attempts", "aws.clients", "policy", "settings", "table"}),
    ],
)
def test_a_name_of_the_door_loads_its_own_modules_only(name: str, loads: set[str]) -> None:
    found = loaded("messaging", name)

    prefix = "messaging."
    assert {each.removeprefix(prefix) for each in found if each.startswith(prefix)} == loads


@pytest.mark.parametrize("name", messaging.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(messaging, name).__name__.rpartition(".")[2] == name


def test_a_consumer_loads_what_its_settings_ask_for_only() -> None:
    rooms = "messaging.consumer"
    for_some = {
        f"{rooms}.intake.idempotency",
        f"{rooms}.intake.replies",
        f"{rooms}.execution.threads",
        "messaging.aws.dynamodb_batches",
        "messaging.function.direct_invocation",
        "messaging.function.middleware",
        "messaging.sending.invocations",
    }
    assert loaded("messaging", "Consumer") & for_some == set()
