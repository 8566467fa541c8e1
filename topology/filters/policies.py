"""A filter policy (`FilterPolicyScope=MessageAttributes`): its JSON form and its limits."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from topology.filters.conditions import Condition, Where
from topology.problems import Problem

# SNS developer guide, "Filter policy constraints".
MAX_KEYS: Final = 5
MAX_COMBINATIONS: Final = 150
MAX_BYTES: Final = 256 * 1024
MAX_PER_TOPIC: Final = 200
# "Message attributes": no period first, last or twice in a row; prefixes that AWS reserves.
NAME: Final = re.compile(r"(?!AWS\.|Amazon\.)[A-Z0-9_-]+(\.[A-Z0-9_-]+)*", re.IGNORECASE)
# "AND/OR logic": beside one of these names, SNS reads `$or` as an ordinary attribute.
KEYWORDS: Final = frozenset(
    (
        "anything-but",
        "cidr",
        "equals-ignore-case",
        "exists",
        "numeric",
        "prefix",
        "suffix",
        "wildcard",
    )
)


def any_of(conditions: Condition | tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return the conditions of one attribute as a tuple."""
    return (conditions,) if isinstance(conditions, Condition) else conditions


@dataclass(frozen=True)
class FilterPolicy:
    """A message passes if it satisfies one of the alternatives, in all attributes named there."""

    alternatives: tuple[Where, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes named in the policy, each once."""
        return tuple(dict.fromkeys(name for where in self.alternatives for name in where))

    @property
    def combinations(self) -> int:
        """The product of the numbers of values, summed over the alternatives.

        AWS documents the product only ("Filter policy constraints"). That alternatives of `$or` add
        up is seen in LocalStack's test `test_policy_complexity_with_or`, marked as validated on
        AWS: 150 combinations accepted, 152 refused.
        """
        return sum(
            math.prod(len(any_of(conditions)) for conditions in where.values())
            for where in self.alternatives
        )

    def render(self) -> dict[str, Any]:
        """Return the policy in SNS's JSON: flat, or under `$or` for several alternatives."""
        rendered = [
            {
                name: [condition.pattern for condition in any_of(conditions)]
                for name, conditions in where.items()
            }
            for where in self.alternatives
        ]
        return rendered[0] if len(rendered) == 1 else {"$or": rendered}


def policy_problems(element: str, policy: FilterPolicy) -> Iterator[Problem]:
    """Yield a problem for every limit of SNS that a policy exceeds.

    Keys are counted over all alternatives, without `$or` itself: AWS documents how nested keys
    count, but not keys under `$or`; this count is the highest possible one.
    """
    for where in policy.alternatives:
        yield from _alternative_problems(element, where)
    if (keys := len(policy.names)) > MAX_KEYS:
        text = f"its filter names {keys} attributes, SNS takes {MAX_KEYS}"
        yield Problem(
            element, text, "filter on fewer, or divide its messages between two consumers"
        )
    if (combinations := policy.combinations) > MAX_COMBINATIONS:
        text = f"its filter has {combinations} combinations of values, SNS takes {MAX_COMBINATIONS}"
        yield Problem(
            element, text, "list fewer values, use prefix() or between(), or add a consumer"
        )
    if (size := len(json.dumps(policy.render()).encode())) > MAX_BYTES:
        text = f"its filter is {size} bytes long, SNS takes {MAX_BYTES}"
        yield Problem(element, text, "filter on shorter values")


def _alternative_problems(element: str, where: Where) -> Iterator[Problem]:
    if not where:
        yield Problem(
            element, "a filter without attributes lets everything pass", "name the messages"
        )
    for name, conditions in where.items():
        if not any_of(conditions):
            fix = "list at least one value, or leave the attribute out"
            yield Problem(element, f"its filter allows {name} no value at all", fix)
        if name in KEYWORDS or not NAME.fullmatch(name):
            fix = "rename the attribute: letters, digits, _ - and single periods, no filter keyword"
            yield Problem(element, f"SNS cannot filter on an attribute called {name!r}", fix)
