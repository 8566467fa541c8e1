import json

from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Resource, Template, service_template, text
from tests.systems.every import every_api, invocable
from topology import model, names


def routes(template: Template) -> dict[str, Resource]:
    """The properties of an API's routes by their keys."""
    found = [each["Properties"] for each in template.of("AWS::ApiGatewayV2::Route").values()]
    return {each["RouteKey"]: each for each in found}


@every_api
def test_every_route_of_the_topology_reaches_its_function(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    by_command = {
        route: names.pascal(function.name)
        for route, command in api.commands.items()
        for function in invocable(service)
        if command in function.invocable
    }
    expected = dict.fromkeys(api.routes, "Api") | by_command
    found = routes(template)
    assert found.keys() == expected.keys()
    for key, route in found.items():
        target = template.properties(text(route["Target"]).removeprefix("integrations/"))
        function = template.announced(f"{expected[key]}Function")
        assert target["IntegrationUri"] == {"Fn::GetAtt": [function, "Arn"]}
        assert (target["IntegrationType"], target["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
    assert len(template.of("AWS::ApiGatewayV2::Integration")) == len(set(expected.values()))


@every_api
def test_only_this_api_may_invoke_its_functions(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    permissions = template.of("AWS::Lambda::Permission").values()
    guarded = api.authorizer is not None
    assert len(permissions) == len(api.routes) + len(api.commands) + guarded
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


@every_api
def test_pages_of_other_origins_may_do_what_the_topology_declares(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    (found,) = service_template(assembly(system), service).of("AWS::ApiGatewayV2::Api").values()
    cors = found["Properties"].get("CorsConfiguration")
    assert (cors is None) is (api.cors is None)
    if api.cors:
        assert set(cors["AllowMethods"]) == {
            route.split(" ")[0] for route in (*api.routes, *api.commands)
        }
        assert cors["AllowOrigins"] == list(api.cors.origins)
        assert cors["AllowHeaders"] == list(api.cors.headers)
        assert cors["ExposeHeaders"] == [
            "allow",
            "retry-after",
            "x-correlation-id",
            "x-request-id",
        ]
        assert cors["MaxAge"] == api.cors.max_age
        assert "AllowCredentials" not in cors


@every_api
def test_exactly_the_guarded_routes_ask_the_authorizer(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    authorizers = template.of("AWS::ApiGatewayV2::Authorizer")
    assert len(authorizers) == (api.authorizer is not None)
    for key, route in routes(template).items():
        if api.authorizer and key in api.authorizer.routes:
            (authorizer,) = authorizers
            assert (route["AuthorizationType"], route["AuthorizerId"]) == (
                "CUSTOM",
                {"Ref": authorizer},
            )
        else:
            assert route["AuthorizationType"] == "NONE"
            assert "AuthorizerId" not in route


@every_api
def test_a_decision_of_an_authorizer_holds_for_one_token_and_one_route(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    template = service_template(assembly(system), service)
    for each in template.of("AWS::ApiGatewayV2::Authorizer").values():
        found = each["Properties"]
        assert (found["AuthorizerType"], found["AuthorizerPayloadFormatVersion"]) == (
            "REQUEST",
            "2.0",
        )
        assert found["EnableSimpleResponses"] is True
        # Without the route, a cached decision for one route would open all others.
        assert found["IdentitySource"] == ["$request.header.Authorization", "$context.routeKey"]
        assert api.authorizer
        assert found["AuthorizerResultTtlInSeconds"] == api.authorizer.cache
        function = template.announced("AuthorizerFunction")
        assert text(found["AuthorizerUri"]).endswith(f"/functions/{function}.Arn/invocations")


@every_api
def test_only_routes_without_authorizer_are_explained_as_public(
    assembly: Synthesized, system: model.System, service: model.Service, api: model.Api
) -> None:
    done, stack = assembly(system), names.service_stack(STAGE, service.name)
    metadata = json.loads((done.folder / f"{stack}.metadata.json").read_text())
    explained = {path for path, each in metadata.items() if "APIG4" in json.dumps(each)}
    guarded = api.authorizer.routes if api.authorizer else ()
    public = [route for route in (*api.routes, *api.commands) if route not in guarded]
    ids = [route.replace(" ", "").replace("/", "--") for route in public]
    assert explained == {f"/{stack}/Api/Http/{id_}" for id_ in ids}
