"""An HTTP API in front of a service's functions."""

from collections.abc import Iterable, Mapping
from typing import Final

from aws_cdk import (
    Duration,
    Stack,
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

PUBLIC: Final = "A public route: the API's authorizer in the topology lists the guarded routes."
# Headers of responses that a page of another origin may read.
EXPOSED: Final = ["allow", "retry-after", "x-correlation-id", "x-request-id"]
# API Gateway caches a decision per token and route, so the decision holds for no other route.
IDENTITY: Final = ["$request.header.Authorization", "$context.routeKey"]


class Api(Construct):
    """Routes such as "POST /rides", each with its function; the authorizer guards some of them."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        api: model.Api,
        routes: Mapping[str, Function],
        authorizer: Function | None,
        deployment: Deployment,
    ) -> None:
        """Make the API, named like its stack, its routes and its only stage."""
        super().__init__(scope, id_)
        self.http = apigateway.HttpApi(
            self,
            "Http",
            api_name=Stack.of(self).stack_name,
            create_default_stage=False,
            cors_preflight=_preflight(api.cors, routes) if api.cors else None,
        )
        by_function = {function.name: _integration(function) for function in routes.values()}
        guarded = api.authorizer.routes if api.authorizer else ()
        guard = _authorizer(api.authorizer, authorizer) if api.authorizer and authorizer else None
        for route, function in routes.items():
            self._route(route, by_function[function.name], guard if route in guarded else None)
        self.access_log = api_stage(self, self.http, deployment)

    def _route(
        self,
        route: str,
        integration: integrations.HttpLambdaIntegration,
        authorizer: authorizers.HttpLambdaAuthorizer | None,
    ) -> None:
        """Add a route; without an authorizer it is public."""
        method, path = route.split(" ", 1)
        (resource,) = self.http.add_routes(
            path=path,
            methods=[apigateway.HttpMethod(method)],
            integration=integration,
            authorizer=authorizer,
        )
        if authorizer is None:
            suppress(resource, {"AwsSolutions-APIG4": PUBLIC})


def _integration(function: Function) -> integrations.HttpLambdaIntegration:
    """Return the integration of a function."""
    id_ = "Function" if function.name == "api" else f"{names.pascal(function.name)}Function"
    return integrations.HttpLambdaIntegration(id_, function.function)


def _preflight(cors: model.Cors, routes: Iterable[str]) -> apigateway.CorsPreflightOptions:
    """Return the CORS options: the methods of the routes, no credentials."""
    methods = dict.fromkeys(route.split(" ", 1)[0] for route in routes)
    return apigateway.CorsPreflightOptions(
        allow_origins=list(cors.origins),
        allow_methods=[apigateway.CorsHttpMethod(method) for method in methods],
        allow_headers=list(cors.headers),
        expose_headers=EXPOSED,
        max_age=Duration.seconds(cors.max_age),
    )


def _authorizer(
    authorizer: model.Authorizer, function: Function
) -> authorizers.HttpLambdaAuthorizer:
    """Return the authorizer of the API, whose function returns a simple response."""
    return authorizers.HttpLambdaAuthorizer(
        "Authorizer",
        function.function,
        response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
        identity_source=IDENTITY,
        results_cache_ttl=Duration.seconds(authorizer.cache),
    )
