"""Requests of an HTTP API as events, and the bodies of responses."""

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


def content(response: Mapping[str, Any]) -> Any:
    return json.loads(response["body"])
