"""The AWS resources of a harness, all prefixed "test-"; existing ones are used again."""

from contextlib import suppress

from messaging.aws import clients as aws
from messaging.testing.moto_topics import deliver_bytes


def make_queue(name: str, *, fifo: bool = False) -> str:
    """Create a queue; return its URL."""
    url: str = aws.client("sqs").create_queue(
        QueueName=f"test-{name}" + (".fifo" if fifo else ""),
        Attributes={"FifoQueue": "true"} if fifo else {},
    )["QueueUrl"]
    return url


def make_topic(name: str, queue: str) -> str:
    """Create a topic and subscribe `queue` to it; return the topic's ARN."""
    deliver_bytes()
    topic: str = aws.client("sns").create_topic(Name=f"test-{name}")["TopicArn"]
    response = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    aws.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=response["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    return topic


def make_table(name: str) -> str:
    """Create a table with the key `id`; return its name."""
    client, name = aws.client("dynamodb"), f"test-{name}"
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
    return name


def make_bucket() -> str:
    """Create the bucket for claim checks; return its name."""
    client, name = aws.client("s3"), "test-claims"
    region = client.meta.region_name
    # S3 accepts us-east-1 only without a location constraint, every other region only with one.
    location = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=name, **(location if region != "us-east-1" else {}))
    return name
