"""Names that more than one folder must agree on. In an account, only the names of topics and of
invocable functions are predictable.
"""

import re
from typing import Final, Literal

TopicKind = Literal["MsgIn", "MsgOut"]
TOPICS: Final[tuple[TopicKind, TopicKind]] = ("MsgIn", "MsgOut")


def topic(stage: str, service: str, kind: TopicKind, *, fifo: bool) -> str:
    """Return a topic's name, part of the public interface of a service: `{stage}-{service}-MsgOut`;
    a FIFO topic's name ends with `.fifo`.
    """
    return f"{stage}-{service}-{kind}{'.fifo' if fifo else ''}"


def topic_parameter(stage: str, service: str, kind: TopicKind) -> str:
    """Return the name of the SSM parameter that holds a topic's ARN."""
    return f"/waystation/{stage}/{service}/{kind}"


def claims_parameter(stage: str, service: str) -> str:
    """Return the name of the SSM parameter that holds the name of a service's claims bucket."""
    return f"/waystation/{stage}/{service}/claims"


def function(stage: str, service: str, name: str) -> str:
    """Return the name of an invocable function, part of the public interface of a service."""
    return f"{stage}-{service}-{name}"


def channels_stack(stage: str, service: str) -> str:
    """Return the name of the stack with a service's topics."""
    return f"{stage}-{service}Channels"


def service_stack(stage: str, service: str) -> str:
    """Return the name of the stack with all other resources of a service."""
    return f"{stage}-{service}"


def platform_stack(stage: str) -> str:
    """Return the name of the stack that all services of a stage share."""
    return f"{stage}-Platform"


def dashboard_stack(stage: str, system: str) -> str:
    """Return the name of the stack with the dashboard of a system."""
    return f"{stage}-{pascal(system)}Dashboard"


def dashboard(stage: str, system: str) -> str:
    """Return the name of the dashboard of a system, as the CloudWatch console lists it."""
    return f"{stage}-{system}"


def alarm_topic(stage: str) -> str:
    """Return the name of the topic that every alarm of a stage reports to."""
    return f"{stage}-alarms"


def key_parameter(stage: str) -> str:
    """Return the name of the SSM parameter that holds the ARN of a stage's customer key."""
    return f"/waystation/{stage}/key"


def package(service: str) -> str:
    """Return the folder and Python package of a service under `lambdas/`: OrderHistory ->
    order_history.
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", service).lower()


def handler(service: str, function: str) -> str:
    """Return the Lambda handler string; `function` is the name of a consumer or function, `api` or
    `authorizer`.
    """
    return f"{package(service)}.handler.{function}"


def pascal(name: str) -> str:
    """Return a name as a CloudFormation id: ride-quotes and ride_quotes become RideQuotes."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_]", name))
