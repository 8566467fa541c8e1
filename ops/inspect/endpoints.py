"""The deployed resources of a system, from the outputs of its stacks."""

from collections.abc import Mapping
from typing import Any

from ops.errors import NothingDeployed
from ops.local.aws import Aws
from ops.local.state import Deployment
from ops.systems import load
from topology import names
from topology.model import Service, System, Table

Outputs = Mapping[str, Mapping[str, str]]
"""Stack name -> output key -> value."""

_API = {
    "ApiId": "apiId",
    "ApiFunction": "apiFunction",
    "ApiLogGroup": "apiLogGroup",
    "AuthorizerFunction": "authorizerFunction",
    "AuthorizerLogGroup": "authorizerLogGroup",
}
_CHANNELS = {"MsgIn": "msgIn", "MsgOut": "msgOut"}
_FUNCTION = {"Function": "function", "LogGroup": "logGroup", "FailedCalls": "failedCalls"}
_CONSUMER = {"Queue": "queue", "DeadLetters": "deadLetters", **_FUNCTION}


def endpoints(endpoint: str, deployment: Deployment) -> dict[str, Any]:
    """Return the deployed resources of each service; raises NothingDeployed."""
    system = load(deployment.system)
    found = describe(endpoint, system, deployment.stage, read_outputs(Aws(endpoint)))
    if not found["services"]:
        raise NothingDeployed(deployment.system, deployment.stage)
    return found


def read_outputs(aws: Aws) -> dict[str, dict[str, str]]:
    """Read the outputs of every stack."""
    pages = aws.cloudformation.get_paginator("describe_stacks").paginate()
    return {
        stack["StackName"]: {
            output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
        }
        for page in pages
        for stack in page["Stacks"]
    }


def describe(endpoint: str, system: System, stage: str, outputs: Outputs) -> dict[str, Any]:
    """Arrange outputs by service; a service without stacks is left out."""
    services = {}
    for service in system.services:
        stacks = (
            names.channels_stack(stage, service.name),
            names.service_stack(stage, service.name),
        )
        if left := {
            key: value for stack in stacks for key, value in outputs.get(stack, {}).items()
        }:
            services[service.name] = _service(endpoint, service, left)
    return {"endpoint": endpoint, "stage": stage, "system": system.name, "services": services}


def _service(endpoint: str, service: Service, left: dict[str, str]) -> dict[str, Any]:
    """Take the known outputs out of `left`; the rest are the service's own resources."""
    topics = _take(left, _CHANNELS)
    consumers = {each.name: _parts(each.name, _CONSUMER, left) for each in service.consumers}
    functions = {each.name: _parts(each.name, _FUNCTION, left) for each in service.functions}
    tables = {table.name: name for table in service.tables if (name := _table(table, left))}
    api = _take(left, _API)
    # On AWS this is the URL; MiniStack serves an HTTP API at a path instead.
    left.pop("ApiUrl", None)
    if "apiId" in api:
        api = {"api": f"{endpoint}/_aws/execute-api/{api['apiId']}/$default"} | api
    found = topics | api | _take(left, {"Requests": "requests"})
    parts = {"consumers": consumers, "functions": functions, "tables": tables}
    return found | parts | {"resources": left}


def _parts(name: str, keys: Mapping[str, str], left: dict[str, str]) -> dict[str, str]:
    """Take the outputs of a consumer or a function."""
    prefix = names.pascal(name)
    return _take(left, {prefix + suffix: key for suffix, key in keys.items()})


def _table(table: Table, left: dict[str, str]) -> str | None:
    return left.pop(f"{names.pascal(table.name)}Table", None)


def _take(left: dict[str, str], keys: Mapping[str, str]) -> dict[str, str]:
    """Move the outputs of `keys` out of `left`, under their new names."""
    return {key: left.pop(name) for name, key in keys.items() if name in left}
