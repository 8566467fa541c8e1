"""One deployment of a system: all that may differ between two of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from aws_cdk import RemovalPolicy

from topology import LAMBDAS

Target = Literal["aws", "local"]


class InvalidContext(ValueError):
    """A context value (`cdk ... -c name=value`) that no deployment can have."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where a system goes. Several stages live side by side in one account.

    `target` is "aws", or "local" for the emulator: the host's wheels in the layer, and no data
    outlives its stack. `customer_key` encrypts topics, queues, tables and buckets with a KMS key
    of the customer's own.
    """

    stage: str = "dev"
    target: Target = "aws"
    customer_key: bool = False
    lambdas: Path = LAMBDAS

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What becomes of data whose resource is removed; a failed first deployment leaves none."""
        local = self.target == "local"
        return RemovalPolicy.DESTROY if local else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE

    @classmethod
    def from_context(cls, get: Callable[[str], Any]) -> "Deployment":
        """Read `stage`, `target` and `customer_key` from CDK context; raises InvalidContext."""
        stage, target = str(get("stage") or "dev"), get("target") or "aws"
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,31}", stage):
            raise InvalidContext(
                f"stage is {stage!r}: a letter, then up to 31 letters, digits and hyphens"
            )
        if target not in get_args(Target):
            raise InvalidContext(f"target is {target!r}: use `-c target=aws` or `-c target=local`")
        customer_key = str(get("customer_key")).lower() == "true"
        return cls(stage=stage, target=cast(Target, target), customer_key=customer_key)
