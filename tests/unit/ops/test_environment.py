import sys
from pathlib import Path

import pytest

from ops.local import environment
from ops.local.aws import Aws

USER = {
    "PATH": "/usr/bin",
    "HOME": "/home/somebody",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_CONFIG_FILE": "/home/somebody/.aws/config",
    "AWS_ENDPOINT_URL_SNS": "https://elsewhere.example",
    "CDK_DEFAULT_ACCOUNT": "123456789012",
    "PYTHONPATH": "/somewhere",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "no_proxy": "intranet.example",
}
HOME = Path("/project/.waystation")
REAL = ("production", "AKIAREAL", "real", "123456789012", "/home/somebody/.aws/config")


@pytest.mark.parametrize(
    "built",
    [
        environment.own(USER),
        environment.for_cdk(USER, HOME, "http://127.0.0.1:4566"),
        environment.for_emulator(USER, HOME, 4566),
    ],
    ids=["own", "cdk", "emulator"],
)
def test_no_credential_or_profile_of_the_user_is_passed_on(built: dict[str, str]) -> None:
    assert not set(built.values()) & set(REAL)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_SNS", "PYTHONPATH"} & set(
        built
    )


def test_the_cdk_talks_to_the_local_endpoint_past_any_proxy() -> None:
    built = environment.for_cdk(USER, HOME, "http://127.0.0.1:4599")
    assert built["AWS_ENDPOINT_URL"] == built["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:4599"
    assert built["HTTPS_PROXY"] == USER["HTTPS_PROXY"]
    assert built["NO_PROXY"] == built["no_proxy"] == "intranet.example,127.0.0.1,localhost"


def test_the_cdk_runs_on_the_pinned_node_and_this_python() -> None:
    built = environment.for_cdk(USER, HOME)
    assert built["PATH"].split(":")[:2] == [
        str(Path(sys.executable).parent),
        str(environment.NODE.parent),
    ]
    assert environment.NODE.is_file()


def test_only_local_deployments_leave_out_the_validation_of_templates() -> None:
    assert environment.for_cdk(USER, HOME)["CDK_VALIDATION"] == "false"
    assert "CDK_VALIDATION" not in environment.own({**USER, "CDK_VALIDATION": "false"})


def test_the_emulator_writes_below_its_home_only() -> None:
    built = environment.for_emulator(USER, HOME, 4566)
    folders = [built[name] for name in ("HOME", "TMPDIR", "STATE_DIR", "S3_DATA_DIR")]
    assert all(folder.startswith(f"{HOME}/tmp") for folder in folders)
    assert (built["BIND_HOST"], built["PERSIST_STATE"], built["S3_PERSIST"]) == (
        "127.0.0.1",
        "0",
        "0",
    )


def test_clients_ignore_the_profile_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, USER[name])
    client = Aws("http://127.0.0.1:4566").sqs
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == environment.REGION
