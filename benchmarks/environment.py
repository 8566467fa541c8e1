"""An emulator of its own for a benchmark, and what is made in it."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import orders
from benchmarks.contenders import Sides, build, zipped
from benchmarks.suite import Say
from ops.local import emulator
from ops.local.aws import Aws
from ops.local.environment import ACCOUNT

_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/bench"
_POLL: Final = 0.02
# Visible, in flight, delayed: the attributes that begin so.
_COUNT: Final = "ApproximateNumberOfMessages"


@dataclass(frozen=True)
class Queue:
    """A queue and its dead-letter queue."""

    url: str
    arn: str
    dead_letters: str


@dataclass(frozen=True)
class Place:
    """A running emulator and both sides."""

    home: Path
    endpoint: str
    aws: Aws
    sides: Sides

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

    def left(self, queue: Queue) -> int:
        """Return how many messages a queue has: visible, in flight and delayed."""
        answer = self.aws.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
        counts = (value for name, value in answer["Attributes"].items() if name.startswith(_COUNT))
        return sum(map(int, counts))

    def function(
        self, name: str, module: str, variables: Mapping[str, str], *, timeout: int, layer: str
    ) -> None:
        """Make the function whose code is `module`, with the layer of the side `layer`."""
        published = self.aws.functions.publish_layer_version(
            LayerName=f"{name}-layer", Content={"ZipFile": self.sides.layer(layer)}
        )
        self.aws.functions.create_function(
            FunctionName=name,
            Runtime="python3.14",
            Role=_ROLE,
            Handler=f"{module}.handler",
            Code={"ZipFile": zipped(self.sides.code)},
            Timeout=timeout,
            MemorySize=256,
            Environment={"Variables": dict(variables)},
            Layers=[published["LayerVersionArn"]],
        )

    def poll(self, name: str, queue: Queue, concurrency: int) -> str:
        """Let the function poll the queue, ten messages a batch; return the mapping's id."""
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
def place(say: Say) -> Iterator[Place]:
    """Start an emulator in a temporary folder, and end it whatever happens."""
    with tempfile.TemporaryDirectory(prefix="waystation-bench-") as folder:
        home = Path(folder)
        say("building both sides")
        sides = build(home / "sides")
        say("starting an emulator")
        try:
            running, _ = emulator.start(home / "emulator")
            yield Place(home, running.endpoint, Aws(running.endpoint), sides)
        finally:
            emulator.stop(home / "emulator")


def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until the condition holds; raises TimeoutError after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(_POLL)
