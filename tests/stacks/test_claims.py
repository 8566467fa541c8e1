"""Claim check: bodies too large for SNS travel through a bucket of their publisher."""

from fnmatch import fnmatch

import pytest

from messaging.sending import address
from messaging.sending.compose import compose
from messaging.settings import VARIABLE, Settings
from messaging.wire.header import Header
from stacks.queues.queue_pair import DEAD_LETTER_RETENTION_DAYS, RETENTION_DAYS
from tests.stacks.conftest import Synthesized
from tests.stacks.synthesis import STAGE, Template, listed, service_template, text
from tests.stacks.test_permissions import functions, granted
from tests.systems.every import every_consumer, every_service
from tests.systems.warehouse.lambdas.contracts.warehouse import Moved
from topology import model, names
from topology.routing.subscriptions import publishers


def claims(template: Template, service: str) -> str:
    """The parameter of a template for the claims bucket of a service."""
    (reference,) = (
        id_
        for id_, each in template.document["Parameters"].items()
        if each.get("Default") == names.claims_parameter(STAGE, service)
    )
    return str(reference)


def objects(bucket: str, *tags: str) -> set[str]:
    """The ARNs of the bodies of messages."""
    return {f"arn:aws:s3:::{bucket}/{tag}/*" for tag in tags}


@every_service
def test_a_claims_bucket_is_private_and_bodies_expire_after_their_messages(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = assembly(system).templates[names.channels_stack(STAGE, service.name)]
    buckets = template.of("AWS::S3::Bucket")
    assert len(buckets) == service.claim_check
    for name, each in buckets.items():
        bucket = each["Properties"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule == {"ExpirationInDays": 20, "Status": "Enabled"}
        assert rule["ExpirationInDays"] > RETENTION_DAYS + DEAD_LETTER_RETENTION_DAYS
        (policy,) = template.of("AWS::S3::BucketPolicy").values()
        assert policy["Properties"]["Bucket"] == {"Ref": name}
        (refused,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (refused["Effect"], refused["Condition"]) == (
            "Deny",
            {"Bool": {"aws:SecureTransport": "false"}},
        )


@every_service
def test_a_claims_bucket_is_found_by_its_parameter(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = assembly(system).templates[names.channels_stack(STAGE, service.name)]
    found = {
        each["Properties"]["Name"]: text(each["Properties"]["Value"])
        for each in template.of("AWS::SSM::Parameter").values()
    }
    own = names.claims_parameter(STAGE, service.name)
    assert (own in found) is service.claim_check
    if service.claim_check:
        assert found[own] == template.announced("ClaimsBucket")


@every_service
def test_a_publisher_may_store_the_bodies_of_its_own_messages_in_the_bucket_of_its_settings(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = service_template(assembly(system), service)
    for function in functions(template):
        variables = template.properties(function)["Environment"]["Variables"]
        found = Settings.from_environment({VARIABLE: text(variables[VARIABLE])})
        uses_bucket = service.claim_check and found.publishes
        assert found.claims_bucket == (claims(template, service.name) if uses_bucket else "")
        may = granted(template, function)
        stored = {resource for resource, do in may.items() if "s3:PutObject" in do}
        if service.claim_check:
            assert stored == objects(found.claims_bucket, *found.publishes)


@every_consumer
def test_a_consumer_may_read_the_bodies_of_its_events_and_no_others(
    assembly: Synthesized, system: model.System, service: model.Service, consumer: model.Consumer
) -> None:
    template = service_template(assembly(system), service)
    expected: set[str] = set()
    for on in consumer.subscribed:
        publisher = publishers(system)[on.message]
        if publisher.claim_check:
            expected |= objects(claims(template, publisher.name), on.message.msg_tag)
    function = template.announced(f"{names.pascal(consumer.name)}Function")
    may = granted(template, function)
    assert {resource for resource, do in may.items() if "s3:GetObject" in do} == expected
    # The runtime refuses a reference to any other place, whatever the role may read.
    variables = template.properties(function)["Environment"]["Variables"]
    found = Settings.from_environment({VARIABLE: text(variables[VARIABLE])}).consumer
    assert found is not None
    places = {tag: objects(bucket, tag) for tag, bucket in found.claim_buckets.items()}
    assert set().union(*places.values()) == expected
    # Without it S3 answers "access denied" for a missing object, and the message would be retried.
    buckets = {resource.split("/")[0] for resource in expected}
    assert {resource for resource, do in may.items() if "s3:ListBucket" in do} == buckets


def test_the_runtime_stores_a_body_where_the_stack_lets_it() -> None:
    config = Settings(
        stage=STAGE,
        service="Warehouse",
        msg_out_arn="arn:aws:sns:eu-central-1:123456789012:dev-Warehouse-MsgOut.fifo",
        publishes=("Moved",),
        claims_bucket="bucket",
    )
    moved = Moved(item="a", to="b", note="x" * 300_000)
    claim = compose(moved, Header(id="1"), config, address.msg_out(moved, config)).claim
    assert claim is not None
    (allowed,) = objects("bucket", "Moved")
    assert fnmatch(f"arn:aws:s3:::{claim.bucket}/{claim.key}", allowed)


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject"])
@every_service
def test_nobody_may_delete_a_body_or_do_anything_else_to_it(
    assembly: Synthesized, system: model.System, service: model.Service, action: str
) -> None:
    template = service_template(assembly(system), service)
    for policy in template.of("AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if action in listed(statement["Action"]):
                assert listed(statement["Action"]) == [action]
