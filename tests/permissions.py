"""The permissions of deployed roles: what is granted, what was used, and what one less does."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from ops.local.aws import Aws
from ops.paths import PERMISSIONS

# Roles of CDK's bootstrap stack.
_DEPLOYMENT = "cdk-"


class Permission(NamedTuple):
    """What a role may do; `action` and `resource` of a granted permission may hold `*`."""

    role: str
    action: str
    resource: str

    def covers(self, used: "Permission") -> bool:
        """Return whether a use needs this permission."""
        return self.role == used.role and all(
            fnmatchcase(value, pattern) for value, pattern in zip(used[1:], self[1:], strict=True)
        )

    def __str__(self) -> str:
        return f"{self.role}  {self.action}  {self.resource}"


class Recorded(NamedTuple):
    """The permissions that roles have used, and those that they lacked."""

    allowed: frozenset[Permission]
    denied: frozenset[Permission]


def recorded(home: Path) -> Recorded:
    """Return what the emulator of this folder has recorded so far."""
    try:
        lines = [json.loads(line) for line in (home / PERMISSIONS).read_text().splitlines()]
    except FileNotFoundError:
        lines = []
    found = {
        wanted: frozenset(Permission(*rest) for decision, *rest in lines if decision == wanted)
        for wanted in Recorded._fields
    }
    return Recorded(**found)


def record_anew(home: Path) -> None:
    """Begin a new recording."""
    (home / PERMISSIONS).unlink(missing_ok=True)


def granted(aws: Aws) -> frozenset[Permission]:
    """Return the permissions of every role but those of CDK, from inline and managed policies."""
    return frozenset(
        Permission(role["RoleName"], action, resource)
        for page in aws.iam.get_paginator("list_roles").paginate()
        for role in page["Roles"]
        if not role["RoleName"].startswith(_DEPLOYMENT)
        for document in (*inline(aws, role["RoleName"]).values(), *_managed(aws, role["RoleName"]))
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in _list(statement["Action"])
        for resource in _list(statement["Resource"])
    )


def permission(aws: Aws, function: str, action: str, resource: str) -> Permission:
    """Return the permission of a function for the resource whose ARN contains this text."""
    found = aws.functions.get_function_configuration(FunctionName=function)
    role = found["Role"].rpartition("/")[2]
    (only,) = (
        each
        for each in granted(aws)
        if (each.role, each.action) == (role, action) and resource in each.resource
    )
    return only


def inline(aws: Aws, role: str) -> dict[str, Any]:
    """Return the inline policies of a role by name."""
    names = aws.iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {
        name: aws.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in names
    }


def _managed(aws: Aws, role: str) -> Iterator[Any]:
    for policy in aws.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = aws.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = aws.iam.get_policy_version(PolicyArn=arn, VersionId=version)
        yield found["PolicyVersion"]["Document"]


@contextmanager
def without(aws: Aws, taken: Permission) -> Iterator[None]:
    """Take a permission away from the inline policies of its role meanwhile."""
    before = inline(aws, taken.role)
    try:
        for name, document in before.items():
            statements = [rest for each in document["Statement"] for rest in _less(each, taken)]
            _put(aws, taken.role, name, {**document, "Statement": statements})
        yield
    finally:
        for name, document in before.items():
            _put(aws, taken.role, name, document)


def _less(statement: Any, taken: Permission) -> list[Any]:
    """Return a statement without an action on a resource, as one statement an action."""
    less = [
        {**statement, "Action": action, "Resource": [
            resource for resource in _list(statement["Resource"])
            if (action, resource) != (taken.action, taken.resource)
        ]}
        for action in _list(statement["Action"])
    ]  # fmt: skip
    # A statement without a resource is invalid; `Sid` is unique in a policy.
    return [
        {name: value for name, value in each.items() if name != "Sid"}
        for each in less
        if each["Resource"]
    ]


def _put(aws: Aws, role: str, name: str, document: Any) -> None:
    if not document["Statement"]:
        aws.iam.delete_role_policy(RoleName=role, PolicyName=name)
        return
    aws.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _list(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
