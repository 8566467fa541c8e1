"""The options of a deployment: stage, target and customer key."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from aws_cdk import RemovalPolicy

from topology import LAMBDAS

Target = Literal["aws", "local"]


class InvalidContext(ValueError):
    """A value of the CDK context (`cdk ... -c name=value`) is invalid."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where and how a system is deployed. One account may have several stages.

    For the target "local", the emulator, the layer has the host's wheels, and data is deleted with
    its stack. `customer_key` encrypts topics, queues, tables and buckets with a KMS key of the
    stage. `lambdas` is the folder with the code of functions and layer.
    """

    stage: str = "dev"
    target: Target = "aws"
    customer_key: bool = False
    lambdas: Path = LAMBDAS

    @property
    def removal_policy(self) -> RemovalPolicy:
        """Whether data is retained when its resource is removed.

        On AWS it is, unless the first deployment of the resource fails.
        """
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
