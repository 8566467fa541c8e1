"""MiniStack with the patches; flows test its FIFO topics and its logs."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3

from ops.emulator_patches.replacing import replace_function, replace_text
from ops.local import emulator
from ops.local.aws import Aws

PAGE = "https://page.example"
STACK = "patched"
CODE = """
class BooksUnavailable(Exception):
    pass

def handler(event, context):
    if "type" in event:
        return {"isAuthorized": False}
    if "requestContext" in event:
        return {"statusCode": 200, "body": "read"}
    print(f"invoked by {context.aws_request_id}.")
    book(event["title"])

def book(title):
    raise BooksUnavailable(f"no {title}")
"""


def template(*origins: str) -> str:
    """An API that refuses each caller of one of its routes, and its function."""

    def route(path: str, **more: Any) -> dict[str, Any]:
        target = {"Fn::Sub": "integrations/${Integration}"}
        return of("Route", RouteKey=f"GET /{path}", Target=target, **more)

    def of(kind: str, **properties: Any) -> dict[str, Any]:
        properties = {"ApiId": {"Ref": "Api"}} | properties
        return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": properties}

    arn = {"Fn::GetAtt": ["Function", "Arn"]}
    uri = {
        "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        "${Function.Arn}/invocations"
    }
    api: dict[str, Any] = {"Name": STACK, "ProtocolType": "HTTP"}
    if origins:
        cors = {"AllowOrigins": origins, "AllowMethods": ["GET"], "AllowHeaders": ["x-order"]}
        api["CorsConfiguration"] = cors | {"MaxAge": 60}
    resources = {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": CODE},
                "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/any",
                "Runtime": "python3.12",
            },
        },
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": api},
        "Stage": of("Stage", StageName="$default", AutoDeploy=True),
        "Integration": of(
            "Integration",
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn,
            PayloadFormatVersion="2.0",
        ),
        "Authorizer": of(
            "Authorizer",
            Name="nobody",
            AuthorizerType="REQUEST",
            AuthorizerUri=uri,
            AuthorizerPayloadFormatVersion="2.0",
            EnableSimpleResponses=True,
            IdentitySource=["$request.header.authorization"],
        ),
        "Open": route("open"),
        "Closed": route("closed", AuthorizationType="CUSTOM", AuthorizerId={"Ref": "Authorizer"}),
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Api", "Function")}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@dataclass(frozen=True)
class Patched:
    """An emulator with the stack of `template` in it."""

    aws: Aws
    outputs: dict[str, str]

    def request(self, method: str, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        """Call the API as a browser does."""
        url = f"{self.aws.endpoint}/_aws/execute-api/{self.outputs['Api']}/$default/{path}"
        return urllib3.request(method, url, headers={"origin": PAGE} | headers, retries=False)

    def preflight(self) -> urllib3.BaseHTTPResponse:
        """Send the preflight request of a page."""
        return self.request("OPTIONS", "open", **{"access-control-request-method": "GET"})

    def change(self, *origins: str) -> None:
        """Update the stack."""
        self.aws.cloudformation.update_stack(StackName=STACK, TemplateBody=template(*origins))
        self.aws.cloudformation.get_waiter("stack_update_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1}
        )


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patched]:
    """Start an emulator and make the stack."""
    home = tmp_path_factory.mktemp("patched")
    try:
        aws = Aws(emulator.start(home)[0].endpoint)
        aws.cloudformation.create_stack(StackName=STACK, TemplateBody=template(PAGE))
        aws.cloudformation.get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1}
        )
        (stack,) = aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        yield Patched(aws, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})
    finally:
        emulator.stop(home)


@pytest.mark.emulator
def test_a_preflight_returns_the_cors_headers(patched: Patched) -> None:
    response = patched.preflight()
    assert (response.status, response.data) == (204, b"")
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["access-control-allow-methods"] == "GET"
    assert response.headers["access-control-allow-headers"] == "x-order"
    assert response.headers["access-control-max-age"] == "60"


@pytest.mark.emulator
def test_a_page_may_read_a_response(patched: Patched) -> None:
    response = patched.request("GET", "open")
    assert (response.status, response.data) == (200, b"read")
    assert response.headers.getlist("access-control-allow-origin") == [PAGE]


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("closed", {}, 401),
        ("closed", {"authorization": "any"}, 403),
        ("nowhere", {}, 404),
    ],
)
def test_a_page_may_read_why_it_was_refused(
    patched: Patched, path: str, headers: dict[str, str], status: int
) -> None:
    response = patched.request("GET", path, **headers)
    assert response.status == status
    assert response.headers.getlist("access-control-allow-origin") == [PAGE]


@pytest.mark.emulator
def test_a_page_of_another_origin_reads_nothing(patched: Patched) -> None:
    for path in ("open", "closed"):
        response = patched.request("GET", path, origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.emulator
def test_an_update_changes_who_may_read(patched: Patched) -> None:
    try:
        patched.change("https://moved.example")
        assert patched.preflight().status == 403
        patched.change()
        assert "access-control-allow-origin" not in patched.request("GET", "open").headers
    finally:
        patched.change(PAGE)
    assert patched.preflight().status == 204


@pytest.mark.emulator
def test_an_exception_is_reported_as_by_aws(patched: Patched) -> None:
    response = patched.aws.functions.invoke(
        FunctionName=patched.outputs["Function"], Payload=b'{"title": "Emma"}', LogType="Tail"
    )
    assert response["FunctionError"] == "Unhandled"
    document = json.loads(response["Payload"].read())
    trace = document.pop("stackTrace")
    log = base64.b64decode(response["LogResult"]).decode()
    assert f"invoked by {document.pop('requestId')}." in log
    assert document == {"errorMessage": "no Emma", "errorType": "BooksUnavailable"}
    assert [frame.partition(", in ")[2] for frame in trace] == [
        'handler\n    book(event["title"])\n',
        'book\n    raise BooksUnavailable(f"no {title}")\n',
    ]


@pytest.mark.emulator
def test_a_response_after_an_exception_is_a_response(patched: Patched) -> None:
    patched.aws.functions.invoke(FunctionName=patched.outputs["Function"], Payload=b"{}")
    response = patched.aws.functions.invoke(
        FunctionName=patched.outputs["Function"], Payload=b'{"type": "REQUEST"}'
    )
    assert "FunctionError" not in response
    assert json.loads(response["Payload"].read()) == {"isAuthorized": False}


def test_a_different_original_is_not_replaced() -> None:
    module = SimpleNamespace(__name__="module", text="a b a", function=lambda event: event)
    for change in (
        lambda: replace_text(module, "text", "a", "c"),
        lambda: replace_text(module, "text", "d", "c"),
        lambda: replace_text(module, "gone", "a", "c"),
        lambda: replace_function(module, "function", print, "func"),
        lambda: replace_function(module, "gone", print, "event"),
    ):
        with pytest.raises(RuntimeError, match=r"module\.\w+ differs in this MiniStack"):
            change()
    assert module.text == "a b a"
    assert module.function("kept") == "kept"
