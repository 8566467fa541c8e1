import pytest

from messaging.settings import VARIABLE, Settings
from stacks.deployment import Deployment
from systems.wild_rydes import system
from tests.stacks.synthesis import STAGE, Assembly, Template, synthesize, text
from topology import names

STACK = names.service_stack(STAGE, "DataLakeIngestion")


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The system as it is deployed."""
    return synthesize(system, Deployment(), tmp_path_factory.mktemp(system.name))


@pytest.fixture
def found(assembly: Assembly) -> Template:
    """The stack of Data Lake Ingestion."""
    return assembly.templates[STACK]


def test_the_lake_is_private_encrypted_and_keeps_what_is_overwritten(found: Template) -> None:
    bucket = found.properties(found.announced("LakeBucket"))
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_lake_refuses_plain_http(found: Template) -> None:
    (policy,) = found.of("AWS::S3::BucketPolicy").values()
    (refused,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert refused["Effect"] == "Deny"
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_function_finds_the_lake_and_may_only_write_to_it(found: Template) -> None:
    bucket = found.announced("LakeBucket")
    variables = found.properties(found.announced("RidesFunction"))["Environment"]["Variables"]
    read = Settings.from_environment({VARIABLE: text(variables[VARIABLE])})
    assert read.resources["lake"] == bucket
    granted = [
        statement["Action"]
        for each in found.of("AWS::IAM::Policy").values()
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if bucket in str(statement["Resource"])
    ]
    assert granted == ["s3:PutObject"]


def test_no_other_service_has_a_bucket(assembly: Assembly) -> None:
    templates = assembly.templates.values()
    assert [each.name for each in templates if each.of("AWS::S3::Bucket")] == [STACK]
