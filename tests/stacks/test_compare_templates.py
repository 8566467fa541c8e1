"""The comparison of templates sees what must not change, and ignores what it says."""

import json
from typing import Any

import pytest

from messaging.settings import HOP_LIMIT
from tests.compare_templates.__main__ import report
from tests.compare_templates.differences import HASHES, WORDS, Rule, differences, expand

HASH, OTHER_HASH = "0" * 64, "f" * 64


def template(properties: Any, **more: Any) -> dict[str, Any]:
    """A template of one resource."""
    found: dict[str, Any] = expand(
        {"Resources": {"A": {"Type": "T", "Properties": properties}}, **more}
    )
    return found


def settings(value: Any) -> dict[str, Any]:
    """A function whose settings refer to a queue."""
    head, tail = json.dumps({**value, "queue": "?"}).split("?")
    written = {"Fn::Join": ["", [head, {"Ref": "Queue"}, tail]]}
    return template({"Environment": {"Variables": {"WAYSTATION": written}}})


def counted(old: Any, new: Any, rules: tuple[Rule, ...]) -> list[str]:
    """The differences that no rule ignores."""
    return [str(each) for each in differences(old, new, rules) if not each.ignored]


def test_the_same_template_has_no_difference() -> None:
    assert list(differences(template({"A": [1, {"B": 2}]}), template({"A": [1, {"B": 2}]}))) == []


@pytest.mark.parametrize("rules", [HASHES, WORDS])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"A": 1}, {"A": 2}, "/Resources/A/Properties/A: 1 → 2"),
        ({"A": 1}, {"A": True}, "/Resources/A/Properties/A: 1 → true"),
        ({"A": 1}, {}, "/Resources/A/Properties/A: 1 → (nothing)"),
        ({"A": [1, 2]}, {"A": [1, 3]}, "/Resources/A/Properties/A/1: 2 → 3"),
        ({"A": [1]}, {"A": [1, 2]}, "/Resources/A/Properties/A: [1] → [1, 2]"),
        (
            {"S3Key": f"{HASH}.zip"},
            {"S3Key": f"{OTHER_HASH}.jar"},
            f'/Resources/A/Properties/S3Key: "{HASH}.zip" → "{OTHER_HASH}.jar"',
        ),
    ],
)
def test_a_difference_is_a_path_with_old_and_new(
    old: Any, new: Any, expected: str, rules: tuple[Rule, ...]
) -> None:
    assert counted(template(old), template(new), rules) == [expected]


def test_hashes_of_assets_are_ignored() -> None:
    old, new = template({"S3Key": f"{HASH}.zip"}), template({"S3Key": f"{OTHER_HASH}.zip"})
    assert counted(old, new, HASHES) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (template({"Handler": "a.handler.old"}), template({"Handler": "a.handler.new"})),
        (template({"AlarmDescription": "old"}), template({"AlarmDescription": "new"})),
        (template({"Description": "old"}), template({"Description": "new"})),
        (
            template({"DashboardBody": json.dumps({"widgets": [{"title": "old"}]})}),
            template({"DashboardBody": json.dumps({"widgets": [{"title": "new"}]})}),
        ),
        (settings({"answers": ["Quote"]}), settings({"invocable": ["Quote"]})),
        (settings({"a": {"guarantee": "lease"}}), settings({"guarantee": "lease"})),
        (settings({"hop_limit": HOP_LIMIT}), settings({})),
    ],
)
def test_words_are_ignored_on_request_only(old: Any, new: Any) -> None:
    assert counted(old, new, HASHES)
    assert counted(old, new, WORDS) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"answers": ["Quote"]}, {"invocable": ["Estimate"]}),
        ({"answers": ["Quote"]}, {"invocable": ["Quote", "Quote"]}),
        ({"queues": {"Page": "url"}}, {"queues": {"Leaf": "url"}}),
        ({"hop_limit": 20}, {"hop_limit": 30}),
    ],
)
def test_values_of_settings_count_whatever_their_names(old: Any, new: Any) -> None:
    assert counted(settings(old), settings(new), WORDS)


def test_the_report_names_what_was_compared_ignored_and_left_out() -> None:
    first, second = {"stack": template({"S3Key": HASH})}, {"stack": template({"S3Key": OTHER_HASH})}
    lines = list(report({"shop": first, "old": {}}, {"shop": second, "new": {}}, HASHES))
    assert lines == [
        "not compared, only in the working tree: new",
        "not compared, only in BASE_REV: old",
        "1 templates compared:",
        "  shop",
        "1 differences ignored: hashes of assets",
        "0 differences",
    ]
