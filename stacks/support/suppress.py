"""Why a rule of cdk-nag does not apply, said where the thing it concerns is made."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def suppress(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge rules (rule id -> reason) for a construct and what is in it."""
    rules = [Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()]
    Validations.of(construct).acknowledge(*rules)
