"""Rules of SNS for filter policies: its size, its keys, its operators and their values.

Sources: "Filter policy constraints", "String value matching", "Numeric value matching", "Key
matching" and "AND/OR logic" in the SNS developer guide. How combinations count under `$or`, and the
texts of the errors, are seen by LocalStack on AWS.
"""

import ipaddress
import json
import math
from collections.abc import Mapping
from typing import Any, Final

from ministack.services.sns import _is_or_operator

Policy = Mapping[str, Any]

_MAX_BYTES: Final = 256 * 1024
_MAX_KEYS: Final = 5
_MAX_COMBINATIONS: Final = 150
_TEXT_OPERATORS: Final = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_LOWER: Final = (">", ">=")
_UPPER: Final = ("<", "<=")


def check(document: str, scope: str) -> None:
    """Raise ValueError, with SNS's reason, for a filter policy that SNS refuses."""
    if len(document.encode()) > _MAX_BYTES:
        raise ValueError("FilterPolicy: Filter policy is too long")
    policy = _parsed(document)
    if len(policy) > _MAX_KEYS:
        raise ValueError("FilterPolicy: Filter policy can not have more than 5 keys")
    _check_keys(policy, scope, nested=False)
    if _combinations(policy, 1) > _MAX_COMBINATIONS:
        raise ValueError("FilterPolicy: Filter policy is too complex")


def _parsed(document: str) -> Policy:
    try:
        policy = json.loads(document)
    except ValueError:
        raise ValueError("FilterPolicy: failed to parse JSON.") from None
    if not isinstance(policy, dict):
        raise ValueError("FilterPolicy: Filter policy must be a JSON object")
    return policy


def _check_keys(policy: Policy, scope: str, *, nested: bool) -> None:
    if nested and scope == "MessageAttributes":
        raise ValueError(
            "Filter policy scope MessageAttributes does not support nested filter policy"
        )
    for key, value in policy.items():
        match value:
            case list() if key == "$or" and _is_or_operator(value):
                for alternative in value:
                    _check_keys(alternative, scope, nested=nested)
            case []:
                raise ValueError("FilterPolicy: Empty arrays are not allowed")
            case list():
                for rule in value:
                    _check_rule(rule)
            case dict():
                _check_keys(value, scope, nested=True)
            case _:
                raise ValueError(f'FilterPolicy: "{key}" must be an object or an array')


def _combinations(policy: Policy, depth: int) -> int:
    """Multiply the numbers of values, each by its depth; alternatives add up."""
    return math.prod(_factor(key, value, depth) for key, value in policy.items())


def _factor(key: str, value: Any, depth: int) -> int:
    if isinstance(value, dict):
        return _combinations(value, depth + 1)
    if key == "$or" and _is_or_operator(value):
        return sum(_combinations(alternative, depth) for alternative in value)
    return len(value) * depth


def _check_rule(rule: Any) -> None:
    if not isinstance(rule, dict):
        _check_literal(rule)
    elif len(rule) != 1:
        raise ValueError("FilterPolicy: Only one key allowed in match expression")
    else:
        _check_operator(*next(iter(rule.items())))


def _check_literal(value: Any) -> None:
    if isinstance(value, list | dict):
        raise ValueError("FilterPolicy: Match value must be String, number, true, false, or null")


def _check_operator(operator: str, value: Any) -> None:
    match operator:
        case "anything-but":
            _check_anything_but(value)
        case "exists":
            if not isinstance(value, bool):
                raise ValueError("FilterPolicy: exists match pattern must be either true or false.")
        case "numeric":
            _check_numeric(value)
        case "cidr":
            _check_cidr(value)
        case _ if operator in _TEXT_OPERATORS:
            if not isinstance(value, str):
                raise ValueError(f"FilterPolicy: {operator} match pattern must be a string")
        case _:
            raise ValueError(f"FilterPolicy: Unrecognized match type {operator}")


def _check_anything_but(value: Any) -> None:
    if isinstance(value, dict):
        if list(value) != ["prefix"]:
            names = ", ".join(value)
            raise ValueError(f"FilterPolicy: Unsupported anything-but pattern: {names}")
        _check_operator("prefix", value["prefix"])
        return
    for each in value if isinstance(value, list) else [value]:
        _check_literal(each)


def _check_numeric(value: Any) -> None:
    """Accept ["=", 5], [">", 5] and the like, and a range such as [">=", 5, "<", 8]."""
    match value:
        case ["=" | ">" | ">=" | "<" | "<=", limit]:
            _check_limit(limit)
        case [lower, low, upper, high] if lower in _LOWER and upper in _UPPER:
            _check_limit(low)
            _check_limit(high)
            if high <= low:
                raise ValueError("FilterPolicy: Bottom must be less than top")
        case _:
            raise ValueError(f"FilterPolicy: Invalid member in numeric match: {json.dumps(value)}")


def _check_limit(limit: Any) -> None:
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise ValueError(f"FilterPolicy: Value of {json.dumps(limit)} must be numeric")


def _check_cidr(value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError("FilterPolicy: prefix match pattern must be a string")
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(f"FilterPolicy: Malformed CIDR: {value}") from None
