"""An HTTP API in front of a service's functions."""

from collections.abc import Iterable, Mapping

from aws_cdk import (
    Duration,
    aws_apigatewayv2 as apigateway,
    aws_apigatewayv2_authorizers as authorizers,
    aws_apigatewayv2_integrations as integrations,
)
from constructs import Construct

from stacks.compute.function import Function
from stacks.deployment import Deployment
from stacks.http.stage import api_stage
from stacks.support.suppress import suppress
from topology import model, names

PUBLIC = "Public, as the map says: an API's authorizer names the routes that it guards."
# What the runtime answers with, and a page could not read otherwise.
EXPOSED = ["allow", "retry-after", "x-correlation-id", "x-request-id"]
# An answer is remembered for one token and one route, so that it never opens another route.
IDENTITY = ["$request.header.Authorization", "$context.routeKey"]


class Api(Construct):
    """Routes, as in "POST /rides", each to its function; `guard` is asked before the guarded."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        api: model.Api,
        routes: Mapping[str, Function],
        guard: Function | None,
        deployment: Deployment,
    ) -> None:
        """Make the API, its routes and its only stage."""
        super().__init__(scope, id_)
        self.http = apigateway.HttpApi(
            self,
            "Http",
            api_name=name,
            create_default_stage=False,
            cors_preflight=_preflight(api.cors, routes) if api.cors else None,
        )
        reached = {function.name: _integration(function) for function in routes.values()}
        asked = _authorizer(api.authorizer, guard) if api.authorizer and guard else None
        for route, function in routes.items():
            guarded = api.authorizer is not None and route in api.authorizer.routes
            self._route(route, reached[function.name], asked if guarded else None)
        self.access_log = api_stage(self, self.http, deployment)

    def _route(
        self,
        route: str,
        integration: integrations.HttpLambdaIntegration,
        authorizer: authorizers.HttpLambdaAuthorizer | None,
    ) -> None:
        """Add a route."""
        method, path = route.split(" ", 1)
        (made,) = self.http.add_routes(
            path=path,
            methods=[apigateway.HttpMethod(method)],
            integration=integration,
            authorizer=authorizer,
        )
        if authorizer is None:
            suppress(made, {"AwsSolutions-APIG4": PUBLIC})


def _integration(function: Function) -> integrations.HttpLambdaIntegration:
    """Return how the API reaches a function."""
    id_ = "Function" if function.name == "api" else f"{names.pascal(function.name)}Function"
    return integrations.HttpLambdaIntegration(id_, function.function)


def _preflight(cors: model.Cors, routes: Iterable[str]) -> apigateway.CorsPreflightOptions:
    """Return what pages of other origins may do: what there are routes for, without cookies."""
    methods = dict.fromkeys(route.split(" ", 1)[0] for route in routes)
    return apigateway.CorsPreflightOptions(
        allow_origins=list(cors.origins),
        allow_methods=[apigateway.CorsHttpMethod(method) for method in methods],
        allow_headers=list(cors.headers),
        expose_headers=EXPOSED,
        max_age=Duration.seconds(cors.max_age),
    )


def _authorizer(authorizer: model.Authorizer, guard: Function) -> authorizers.HttpLambdaAuthorizer:
    """Return how the API asks the guard, which answers yes or no."""
    return authorizers.HttpLambdaAuthorizer(
        "Authorizer",
        guard.function,
        response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
        identity_source=IDENTITY,
        results_cache_ttl=Duration.seconds(authorizer.cache),
    )
