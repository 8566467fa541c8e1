"""What a function can import: the same as on AWS."""

import io
import json
import zipfile

import pytest

from tests.unit.ops.emulator.conftest import Account, name, role_template

pytestmark = pytest.mark.emulator

# The SDK and what it depends on: what the Python runtime of Lambda has.
PROVIDED = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
CODE = """
import importlib

def handler(event, context):
    return importlib.import_module(event["module"]).__name__
"""


def archive(**files: str) -> bytes:
    """Return a zip file with modules."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for path, content in files.items():
            opened.writestr(f"{path.replace('__', '/')}.py", content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def function(account: Account) -> str:
    """A function with a module beside its handler, and one in a layer."""
    role = account.stack(
        {"Role": role_template({"Service": "lambda.amazonaws.com"})},
        {"Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    )["Arn"]
    layer = account.aws.functions.publish_layer_version(
        LayerName=name(), Content={"ZipFile": archive(python__layered="")}
    )
    return account.aws.functions.create_function(
        FunctionName=name(),
        Runtime="python3.12",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": archive(index=CODE, beside="")},
        Layers=[layer["LayerVersionArn"]],
    )["FunctionName"]


def imported(account: Account, function: str, module: str) -> str:
    """Return the module's name, or the class of the error."""
    answer = account.aws.functions.invoke(
        FunctionName=function, Payload=json.dumps({"module": module})
    )
    document = json.loads(answer["Payload"].read())
    return str(document["errorType"] if "FunctionError" in answer else document)


@pytest.mark.parametrize("module", [*PROVIDED, "json", "sqlite3", "index", "beside", "layered"])
def test_a_function_imports_what_it_finds_on_aws(
    account: Account, function: str, module: str
) -> None:
    assert imported(account, function, module) == module


@pytest.mark.parametrize(
    "module",
    ["psutil", "pytest", "msgspec", "typing_extensions", "pip", "ministack", "messaging", "ops"],
)
def test_a_function_does_not_import_what_only_this_machine_has(
    account: Account, function: str, module: str
) -> None:
    assert imported(account, function, module) == "ModuleNotFoundError"
