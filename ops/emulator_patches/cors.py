"""CORS: an HTTP API with `CorsConfiguration` can be called by pages of the listed origins.

MiniStack's CloudFormation stores the configuration with the template's keys (`AllowOrigins`), but
its API Gateway reads `allowOrigins`: preflight requests get status 403. This patch changes the keys
of each API that a template creates or updates.

AWS adds the CORS headers to its own responses, too, such as 401 and 403 of an authorizer, so that a
page can tell them from a network error. MiniStack adds them to responses of an integration only.
This patch adds them to all responses.
"""

from collections.abc import Callable
from typing import Any, Final

from ministack.services import apigateway
from ministack.services.apigateway import _apis, _cors_response_headers
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from ops.emulator_patches.replacing import replace_function

Response = tuple[int, dict[str, str], bytes]
Created = tuple[str, dict[str, Any]]

_HANDLERS: Final = _RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]


def _with_api_keys(provision: Callable[..., Created]) -> Callable[..., Created]:
    """Return a function that provisions an API and changes the keys of its configuration."""

    def provision_api(*args: Any, **options: Any) -> Created:
        api_id, attributes = provision(*args, **options)
        api = _apis[api_id]
        if found := api.get("corsConfiguration"):
            api["corsConfiguration"] = {
                name[:1].lower() + name[1:]: value for name, value in found.items()
            }
        return api_id, attributes

    return provision_api


async def _handle(
    api_id: str, stage: str, path: str, method: str, headers: dict[str, str], *rest: Any
) -> Response:
    status, sent, body = await _handle_in_scope(api_id, stage, path, method, headers, *rest)
    configuration = _apis.get(api_id, {}).get("corsConfiguration")
    if configuration and method != "OPTIONS":
        origin = headers.get("origin", "")
        sent = sent | _cors_response_headers(configuration, origin)
    return status, sent, body


_handle_in_scope = replace_function(
    apigateway,
    "_handle_execute_in_scope",
    _handle,
    *("api_id", "stage", "path", "method", "headers"),
)
_HANDLERS.update({act: _with_api_keys(_HANDLERS[act]) for act in ("create", "update")})
