"""Subscriptions: SNS refuses invalid filter policies, and topics that do not exist.

MiniStack stores any filter policy, and its CloudFormation subscribes to missing topics. AWS answers
Subscribe and SetSubscriptionAttributes with InvalidParameter or NotFound, and a stack with such a
subscription fails. Sources: Subscribe and SetSubscriptionAttributes (API reference).
"""

from collections.abc import Mapping
from typing import Any, Final

from ministack.services import sns
from ministack.services.cloudformation import provisioners

from ops.emulator_patches.messages.policies import check
from ops.emulator_patches.replacing import replace_function

Params = dict[str, Any]

_SCOPES: Final = ("MessageAttributes", "MessageBody")


def _check(attributes: Mapping[str, str]) -> None:
    """Raise ValueError for attributes of a subscription that SNS refuses."""
    scope = attributes.get("FilterPolicyScope") or _SCOPES[0]
    if scope not in _SCOPES:
        raise ValueError(f"FilterPolicyScope: Invalid value [{scope}]")
    if policy := attributes.get("FilterPolicy"):
        check(policy, scope)


def _subscribe(params: Params) -> Any:
    try:
        _check(_attributes(params))
    except ValueError as refused:
        return _refused(f"Attributes Reason: {refused}")
    return _subscribe_any(params)


def _attributes(params: Params) -> dict[str, str]:
    found, n = {}, 1
    while name := sns._p(params, f"Attributes.entry.{n}.key"):
        found[name] = sns._p(params, f"Attributes.entry.{n}.value")
        n += 1
    return found


def _set(params: Params) -> Any:
    arn = sns._p(params, "SubscriptionArn")
    subscription = sns._find_subscription(sns._sub_arn_to_topic.get(arn, ""), arn)
    if subscription:
        name, value = sns._p(params, "AttributeName"), sns._p(params, "AttributeValue")
        try:
            _check(subscription["attributes"] | {name: value})
        except ValueError as refused:
            return _refused(str(refused))
    return _set_any(params)


def _refused(reason: str) -> Any:
    return sns._error("InvalidParameter", f"Invalid parameter: {reason}", 400)


def _create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
    """Create the subscription of a template; a ValueError fails the stack."""
    if sns._topic_by_arn_any_scope(props.get("TopicArn", "")) is None:
        raise ValueError("Topic does not exist (Service: Sns, Status Code: 404)")
    try:
        _check(provisioners._sns_sub_attributes(props))
    except ValueError as refused:
        raise ValueError(f"Invalid parameter: Attributes Reason: {refused}") from None
    return _create_any(logical_id, props, stack_name)


_subscribe_any = replace_function(sns, "_subscribe", _subscribe, "params")
_set_any = replace_function(sns, "_set_subscription_attributes", _set, "params")
_create_any = replace_function(
    provisioners, "_sns_sub_create", _create, "logical_id", "props", "stack_name"
)
provisioners._RESOURCE_HANDLERS["AWS::SNS::Subscription"]["create"] = _create
