"""Filter policies. This module has the public names: the conditions for `where` of `On`."""

from topology.filters.builders import (
    absent,
    anything_but,
    at_least,
    at_most,
    between,
    equals,
    equals_ignore_case,
    exists,
    less_than,
    more_than,
    prefix,
    suffix,
)
from topology.filters.conditions import Condition

__all__ = [
    "Condition",
    "absent",
    "anything_but",
    "at_least",
    "at_most",
    "between",
    "equals",
    "equals_ignore_case",
    "exists",
    "less_than",
    "more_than",
    "prefix",
    "suffix",
]
