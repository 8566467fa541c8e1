"""What MiniStack does once it is mended; the flows hold its FIFO topics and its logs."""

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
STACK = "mended"
CODE = """
class BooksUnavailable(Exception):
    pass

def handler(event, context):
    if "type" in event:
        return {"isAuthorized": False}
    if "requestContext" in event:
        return {"statusCode": 200, "body": "read"}
    print(f"asked by {context.aws_request_id}.")
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
        cors = {"AllowOrigins": origins, "AllowMethods": ["GET"], "AllowHeaders": ["x-ride"]}
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
class Mended:
    """An emulator with the stack of `template` in it."""

    aws: Aws
    outputs: dict[str, str]

    def ask(self, method: str, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        """Call the API as a browser does."""
        url = f"{self.aws.endpoint}/_aws/execute-api/{self.outputs['Api']}/$default/{path}"
        return urllib3.request(method, url, headers={"origin": PAGE} | headers, retries=False)

    def preflight(self) -> urllib3.BaseHTTPResponse:
        """Ask whether a page may call the API."""
        return self.ask("OPTIONS", "open", **{"access-control-request-method": "GET"})

    def change(self, *origins: str) -> None:
        """Update the stack."""
        self.aws.cloudformation.update_stack(StackName=STACK, TemplateBody=template(*origins))
        self.aws.cloudformation.get_waiter("stack_update_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1}
        )


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mended]:
    """Start an emulator and make the stack."""
    home = tmp_path_factory.mktemp("mended")
    try:
        aws = Aws(emulator.start(home)[0].endpoint)
        aws.cloudformation.create_stack(StackName=STACK, TemplateBody=template(PAGE))
        aws.cloudformation.get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1}
        )
        (stack,) = aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        yield Mended(aws, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})
    finally:
        emulator.stop(home)


@pytest.mark.emulator
def test_a_preflight_is_answered_by_the_api(mended: Mended) -> None:
    answer = mended.preflight()
    assert (answer.status, answer.data) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "GET"
    assert answer.headers["access-control-allow-headers"] == "x-ride"
    assert answer.headers["access-control-max-age"] == "60"


@pytest.mark.emulator
def test_a_page_may_read_an_answer(mended: Mended) -> None:
    answer = mended.ask("GET", "open")
    assert (answer.status, answer.data) == (200, b"read")
    assert answer.headers.getlist("access-control-allow-origin") == [PAGE]


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
    mended: Mended, path: str, headers: dict[str, str], status: int
) -> None:
    answer = mended.ask("GET", path, **headers)
    assert answer.status == status
    assert answer.headers.getlist("access-control-allow-origin") == [PAGE]


@pytest.mark.emulator
def test_a_page_of_elsewhere_reads_nothing(mended: Mended) -> None:
    for path in ("open", "closed"):
        answer = mended.ask("GET", path, origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.emulator
def test_an_update_changes_who_may_read(mended: Mended) -> None:
    try:
        mended.change("https://moved.example")
        assert mended.preflight().status == 403
        mended.change()
        assert "access-control-allow-origin" not in mended.ask("GET", "open").headers
    finally:
        mended.change(PAGE)
    assert mended.preflight().status == 204


@pytest.mark.emulator
def test_an_exception_is_answered_as_by_aws(mended: Mended) -> None:
    answer = mended.aws.functions.invoke(
        FunctionName=mended.outputs["Function"], Payload=b'{"title": "Emma"}', LogType="Tail"
    )
    assert answer["FunctionError"] == "Unhandled"
    said = json.loads(answer["Payload"].read())
    trace = said.pop("stackTrace")
    assert f"asked by {said.pop('requestId')}." in base64.b64decode(answer["LogResult"]).decode()
    assert said == {"errorMessage": "no Emma", "errorType": "BooksUnavailable"}
    assert [frame.partition(", in ")[2] for frame in trace] == [
        'handler\n    book(event["title"])\n',
        'book\n    raise BooksUnavailable(f"no {title}")\n',
    ]


@pytest.mark.emulator
def test_an_answer_after_an_exception_is_an_answer(mended: Mended) -> None:
    mended.aws.functions.invoke(FunctionName=mended.outputs["Function"], Payload=b"{}")
    answer = mended.aws.functions.invoke(
        FunctionName=mended.outputs["Function"], Payload=b'{"type": "REQUEST"}'
    )
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == {"isAuthorized": False}


def test_what_looks_different_is_not_replaced() -> None:
    place = SimpleNamespace(__name__="place", text="a b a", function=lambda event: event)
    for change in (
        lambda: replace_text(place, "text", "a", "c"),
        lambda: replace_text(place, "text", "d", "c"),
        lambda: replace_text(place, "gone", "a", "c"),
        lambda: replace_function(place, "function", print, "func"),
        lambda: replace_function(place, "gone", print, "event"),
    ):
        with pytest.raises(RuntimeError, match=r"place\.\w+ differs in this MiniStack"):
            change()
    assert place.text == "a b a"
    assert place.function("kept") == "kept"
