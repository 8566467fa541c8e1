"""The stage of an HTTP API: its throttle and its access log."""

import json

from aws_cdk import ArnFormat, Stack, aws_apigatewayv2 as apigateway, aws_logs as logs
from constructs import Construct

from stacks.compute.function import RETENTION
from stacks.deployment import Deployment

# Requests per second, sustained and burst: a limit to unexpected cost.
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


def api_stage(scope: Construct, api: apigateway.HttpApi, deployment: Deployment) -> logs.LogGroup:
    """Make an API's only stage; return its access log."""
    access_log = logs.LogGroup(
        scope, "AccessLog", retention=RETENTION, removal_policy=deployment.removal_policy
    )
    apigateway.CfnStage(
        scope,
        "Stage",
        api_id=api.api_id,
        stage_name="$default",
        auto_deploy=True,
        default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
            throttling_rate_limit=RATE, throttling_burst_limit=BURST
        ),
        access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=_destination(access_log), format=json.dumps(ACCESS_LOG)
        ),
    )
    return access_log


def _destination(access_log: logs.LogGroup) -> str:
    """Return the access log's ARN without the `:*` that its attribute ends with."""
    return Stack.of(access_log).format_arn(
        service="logs",
        resource="log-group",
        resource_name=access_log.log_group_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
