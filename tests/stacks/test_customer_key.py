from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Assembly, Template, listed
from tests.systems.every import every_service, every_system
from topology import model, names


def stacks(assembly: Assembly, service: model.Service) -> list[Template]:
    """Both stacks of a service."""
    made = (names.channels_stack(STAGE, service.name), names.service_stack(STAGE, service.name))
    return [assembly.templates[name] for name in made]


def looked_up(template: Template) -> dict[str, str]:
    """The reference to the key, which CloudFormation looks up while deploying."""
    (reference,) = (
        id_
        for id_, each in template.document["Parameters"].items()
        if each["Default"] == names.key_parameter(STAGE)
    )
    return {"Ref": reference}


@every_system
def test_the_key_rotates_stays_and_is_found_by_name(
    keyed: Synthesized, system: model.System
) -> None:
    template = keyed(system).templates[names.platform_stack(STAGE)]
    ((key, resource),) = template.of("AWS::KMS::Key").items()
    assert resource["Properties"]["EnableKeyRotation"] is True
    assert resource["UpdateReplacePolicy"] == "Retain"
    (parameter,) = template.of("AWS::SSM::Parameter").values()
    assert parameter["Properties"]["Name"] == names.key_parameter(STAGE)
    assert parameter["Properties"]["Value"] == {"Fn::GetAtt": [key, "Arn"]}


@every_system
def test_sns_and_cloudwatch_may_use_the_key_for_this_account(
    keyed: Synthesized, system: model.System
) -> None:
    template = keyed(system).templates[names.platform_stack(STAGE)]
    (key,) = template.of("AWS::KMS::Key").values()
    statements = key["Properties"]["KeyPolicy"]["Statement"]
    allowed = {
        service: each["Condition"]
        for each in statements
        for service in listed(each["Principal"].get("Service", []))
    }
    own = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert allowed == {"sns.amazonaws.com": own, "cloudwatch.amazonaws.com": own}


@every_service
def test_topics_queues_tables_and_buckets_are_encrypted_with_the_key(
    keyed: Synthesized, system: model.System, service: model.Service
) -> None:
    channels, rest = stacks(keyed(system), service)
    arn = looked_up(channels)
    topics = channels.of("AWS::SNS::Topic").values()
    assert len(topics) == 2
    assert all(str(arn["Ref"]) in str(each["Properties"]["KmsMasterKeyId"]) for each in topics)
    for template in (channels, rest):
        for each in template.of("AWS::S3::Bucket").values():
            (rule,) = each["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": looked_up(template)}
            assert rule["ServerSideEncryptionByDefault"] == encryption
    if not uses_encryption(rest, service):
        # It has nothing to encrypt, and looks up no key: a parameter without use is a finding.
        assert "/key" not in str(rest.document.get("Parameters"))
        return
    arn = looked_up(rest)
    for each in rest.of("AWS::SQS::Queue").values():
        assert each["Properties"]["KmsMasterKeyId"] == arn
        assert "SqsManagedSseEnabled" not in each["Properties"]
    for each in rest.of("AWS::DynamoDB::GlobalTable").values():
        assert each["Properties"]["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
        (replica,) = each["Properties"]["Replicas"]
        assert replica["SSESpecification"] == {"KMSMasterKeyId": arn}


def uses_encryption(template: Template, service: model.Service) -> bool:
    """Whether a service has a queue or a table, or publishes to a topic."""
    own = (*template.of("AWS::SQS::Queue"), *template.of("AWS::DynamoDB::GlobalTable"))
    return bool(own or service.publishes or service.sends)
