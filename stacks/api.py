"""An HTTP API in front of a function."""

import json
from collections.abc import Sequence

from aws_cdk import (
    ArnFormat,
    Stack,
    aws_apigatewayv2 as apigateway,
    aws_apigatewayv2_integrations as integrations,
    aws_lambda as lambda_,
    aws_logs as logs,
)
from constructs import Construct

from stacks.acknowledge import acknowledge
from stacks.deployment import Deployment
from stacks.function import RETENTION

# Requests a second, kept up and at once: enough to notice, too little to be a surprise on the bill.
RATE, BURST = 500, 1000
ACCESS_LOG = {
    name: f"$context.{variable}"
    for name, variable in {
        "time": "requestTimeEpoch",
        "id": "requestId",
        "route": "routeKey",
        "status": "status",
        "milliseconds": "responseLatency",
        "bytes": "responseLength",
        "ip": "identity.sourceIp",
        "error": "integrationErrorMessage",
    }.items()
}


class Api(Construct):
    """Routes to one function, throttled, with an access log. `routes` as in "POST /rides"."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        routes: Sequence[str],
        function: lambda_.Function,
        deployment: Deployment,
    ) -> None:
        """Make the API, its routes and its only stage."""
        super().__init__(scope, id_)
        self.http = apigateway.HttpApi(self, "Http", api_name=name, create_default_stage=False)
        integration = integrations.HttpLambdaIntegration("Function", function)
        for route in routes:
            method, path = route.split(" ", 1)
            self.http.add_routes(
                path=path, methods=[apigateway.HttpMethod(method)], integration=integration
            )
        self.access_log = logs.LogGroup(
            self, "AccessLog", retention=RETENTION, removal_policy=deployment.removal_policy
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.http.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=RATE, throttling_burst_limit=BURST
            ),
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=self._destination(), format=json.dumps(ACCESS_LOG)
            ),
        )
        public = "The examples are public; an API with users adds its authorizer here."
        acknowledge(self.http, {"AwsSolutions-APIG4": public})

    def _destination(self) -> str:
        """Return the access log's ARN without the `:*` that its attribute ends with."""
        return Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=self.access_log.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
