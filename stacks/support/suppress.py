"""Suppressed rules of cdk-nag, each with its reason."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def suppress(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Suppress rules (rule id -> reason) for a construct and its children."""
    rules = [Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()]
    Validations.of(construct).acknowledge(*rules)
