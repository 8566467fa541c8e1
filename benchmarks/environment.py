"""An emulator for one benchmark, and the resources in it."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import orders
from benchmarks.contenders import Contenders, build, zipped
from benchmarks.suite import Report
from ops.local import emulator
from ops.local.aws import Aws
from ops.local.environment import ACCOUNT

_ROLE_NAME: Final = "bench"
_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/{_ROLE_NAME}"
# The functions of both contenders may do everything: permissions are not what is measured.
_EVERYTHING: Final = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# Visible, in flight, delayed: the attributes that begin so.
_COUNT: Final = "ApproximateNumberOfMessages"


@dataclass(frozen=True)
class Queue:
    """A queue and its dead-letter queue."""

    url: str
    arn: str
    dead_letters: str


@dataclass(frozen=True)
class Environment:
    """A running emulator and both contenders."""

    home: Path
    endpoint: str
    aws: Aws
    contenders: Contenders
    role_id: str

    def table(self, name: str) -> str:
        """Make a table with the key `id`."""
        self.aws.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return name

    def queue(self, name: str, visibility: int) -> Queue:
        """Make a queue with a dead-letter queue, as the stacks do."""
        sqs = self.aws.sqs
        dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        redrive = f'{{"deadLetterTargetArn":"{self._arn(dead)}","maxReceiveCount":"10"}}'
        url = sqs.create_queue(
            QueueName=name,
            Attributes={"VisibilityTimeout": str(visibility), "RedrivePolicy": redrive},
        )["QueueUrl"]
        return Queue(url, self._arn(url), dead)

    def fill(self, queue: Queue, count: int) -> None:
        """Send orders, ten a call."""
        for first in range(0, count, 10):
            batch = orders.entries(range(first, min(first + 10, count)))
            answer = self.aws.sqs.send_message_batch(QueueUrl=queue.url, Entries=batch)  # type: ignore[arg-type]
            assert not answer.get("Failed")

    def backlog(self, queue: Queue) -> int:
        """Return how many messages a queue holds: visible, in flight and delayed."""
        answer = self.aws.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
        counts = (value for name, value in answer["Attributes"].items() if name.startswith(_COUNT))
        return sum(map(int, counts))

    def function(
        self, name: str, module: str, variables: Mapping[str, str], *, timeout: int, layer: str
    ) -> None:
        """Make a function from a module, with the layer of the contender `layer`."""
        published = self.aws.functions.publish_layer_version(
            LayerName=f"{name}-layer", Content={"ZipFile": self.contenders.layer(layer)}
        )
        self.aws.functions.create_function(
            FunctionName=name,
            Runtime="python3.14",
            Role=_ROLE,
            Handler=f"{module}.handler",
            Code={"ZipFile": zipped(self.contenders.code)},
            Timeout=timeout,
            MemorySize=256,
            Environment={"Variables": dict(variables)},
            Layers=[published["LayerVersionArn"]],
        )

    def poll(self, name: str, queue: Queue, concurrency: int) -> str:
        """Map the queue to the function, ten messages a batch; return the mapping's id."""
        answer = self.aws.functions.create_event_source_mapping(
            FunctionName=name,
            EventSourceArn=queue.arn,
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": concurrency},
            Enabled=True,
        )
        return answer["UUID"]

    def _arn(self, url: str) -> str:
        answer = self.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]


@contextmanager
def environment(report: Report) -> Iterator[Environment]:
    """Start an emulator in a temporary folder; stop it at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="waystation-bench-") as folder:
        home = Path(folder)
        report("building both contenders")
        contenders = build(home / "contenders")
        report("starting an emulator")
        try:
            running, _ = emulator.start(home / "emulator")
            aws = Aws(running.endpoint)
            yield Environment(home, running.endpoint, aws, contenders, _make_role(aws))
        finally:
            emulator.stop(home / "emulator")


def _make_role(aws: Aws) -> str:
    """Make the role of the functions; return its id."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = aws.iam.create_role(RoleName=_ROLE_NAME, AssumeRolePolicyDocument=json.dumps(document))
    aws.iam.put_role_policy(
        RoleName=_ROLE_NAME, PolicyName="everything", PolicyDocument=json.dumps(_EVERYTHING)
    )
    return str(role["Role"]["RoleId"])
