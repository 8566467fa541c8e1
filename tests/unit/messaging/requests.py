"""Requests as API Gateway hands them over, and what was answered."""

import json
from collections.abc import Mapping
from typing import Any


def request(
    route: str = "POST /orders",
    body: str | None = None,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: object,
) -> dict[str, Any]:
    method, path = route.split(" ")
    return {
        "version": "2.0",
        "routeKey": key or route,
        "headers": dict(headers or {}),
        "requestContext": {
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "http": {"method": method, "path": path},
        },
        "body": body,
        **extra,
    }


def content(answer: Mapping[str, Any]) -> Any:
    return json.loads(answer["body"])
