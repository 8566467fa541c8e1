import json

from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import every_api, service_template, text
from topology import model


@every_api
def test_every_route_of_the_map_reaches_the_function(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    routes = template.of("AWS::ApiGatewayV2::Route").values()
    assert sorted(each["Properties"]["RouteKey"] for each in routes) == sorted(api.routes)
    function = template.announced("ApiFunction")
    for route in routes:
        integration = text(route["Properties"]["Target"]).removeprefix("integrations/")
        target = template.properties(integration)
        assert target["IntegrationUri"] == {"Fn::GetAtt": [function, "Arn"]}
        assert (target["IntegrationType"], target["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")


@every_api
def test_only_this_api_may_invoke_the_function(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    permissions = template.of("AWS::Lambda::Permission").values()
    assert len(permissions) == len(api.routes)
    for each in permissions:
        assert each["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert f":{template.announced('ApiId')}/" in text(each["Properties"]["SourceArn"])


@every_api
def test_the_api_is_throttled_and_writes_an_access_log(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    (stage,) = (each["Properties"] for each in template.of("AWS::ApiGatewayV2::Stage").values())
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    limits = stage["DefaultRouteSettings"]
    assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]
    log = template.announced("ApiAccessLog")
    assert text(stage["AccessLogSettings"]["DestinationArn"]).endswith(f":log-group:{log}")
    assert json.loads(stage["AccessLogSettings"]["Format"])["status"] == "$context.status"
    assert template.properties(log)["RetentionInDays"] == 30


@every_api
def test_people_find_the_api(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    assert template.outputs["ApiUrl"] == {
        "Fn::GetAtt": [template.announced("ApiId"), "ApiEndpoint"]
    }
