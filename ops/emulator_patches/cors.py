"""CORS: on AWS an HTTP API with `CorsConfiguration` lets the pages of these origins read it.

MiniStack's CloudFormation keeps the configuration as the template spells it (`AllowOrigins`), while
its API Gateway looks for `allowOrigins`: preflights are answered 403. Here each API that a template
made or changed has it spelt as the API Gateway does.

AWS also adds the headers to what it answers itself, such as the 401 and 403 of an authorizer, so
that a page may tell these from a network error. MiniStack adds them to an integration's answers
alone. Here all answers get them.
"""

from collections.abc import Callable
from typing import Any, Final

from ministack.services import apigateway
from ministack.services.apigateway import _apis, _cors_response_headers
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from ops.emulator_patches.replacing import replace_function

Answer = tuple[int, dict[str, str], bytes]
Made = tuple[str, dict[str, Any]]

_HANDLERS: Final = _RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]


def _respelt(make: Callable[..., Made]) -> Callable[..., Made]:
    """Return `make` such that what it made has its configuration spelt as `allowOrigins`."""

    def made(*args: Any, **options: Any) -> Made:
        api_id, attributes = make(*args, **options)
        api = _apis[api_id]
        if found := api.get("corsConfiguration"):
            api["corsConfiguration"] = {
                name[:1].lower() + name[1:]: value for name, value in found.items()
            }
        return api_id, attributes

    return made


async def _handle(
    api_id: str, stage: str, path: str, method: str, headers: dict[str, str], *rest: Any
) -> Answer:
    status, answered, body = await _handle_in_scope(api_id, stage, path, method, headers, *rest)
    configuration = _apis.get(api_id, {}).get("corsConfiguration")
    if configuration and method != "OPTIONS":
        origin = headers.get("origin", "")
        answered = answered | _cors_response_headers(configuration, origin)
    return status, answered, body


_handle_in_scope = replace_function(
    apigateway,
    "_handle_execute_in_scope",
    _handle,
    *("api_id", "stage", "path", "method", "headers"),
)
_HANDLERS.update({act: _respelt(_HANDLERS[act]) for act in ("create", "update")})
