"""Each permission of a deployed role is used: what is granted, less what the flows have used, less
the exceptions below, is nothing.

The flows run in a process of their own, which records what every role uses.
"""

import subprocess
from fnmatch import fnmatchcase
from typing import Final

import pytest

from tests.permissions import Permission
from tests.profiles import flows
from tests.profiles.recording import Recording

# What no flow can use: actions, resource, what they are for. The first four are calls that AWS
# makes with the role, and the emulator without. `{function}` is the beginning of the role's name
# and of the names of its function's queues.
EXCEPTIONS: Final = (
    ("logs:CreateLogStream logs:PutLogEvents", "*", "Lambda, for what the function prints"),
    ("xray:PutTraceSegments xray:PutTelemetryRecords", "*", "Lambda, for traces"),
    (
        "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes",
        "*:{function}QueuesQueue*",
        "Lambda, which polls the queue of the consumer",
    ),
    (
        "sqs:SendMessage",
        "*:{function}HandlerCallsFailed*",
        "Lambda, which keeps asynchronous invocations that failed",
    ),
    # Without it S3 answers "access denied" for a missing object, the emulator never does.
    ("s3:ListBucket", "*claimsbucket*", "a claim check whose object is missing"),
    # The chaos test ends such processes, in a system of its own.
    (
        "sqs:ChangeMessageVisibility",
        "*:{function}QueuesQueue*",
        "a message that may have ended the process of its function, and is handled alone",
    ),
)


def is_explained(permission: Permission) -> bool:
    """Return whether an exception explains that no flow uses a permission."""
    function = permission.role.partition("HandlerRole")[0]
    return any(
        permission.action in actions.split()
        and fnmatchcase(permission.resource, resource.format(function=function))
        for actions, resource, _ in EXCEPTIONS
    )


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The flows pass, and are recorded."""
    file = tmp_path_factory.mktemp("recording") / "permissions.json"
    done = flows.record(file, output=subprocess.PIPE)
    assert done.returncode == 0, done.stdout
    return Recording.load(file)


@pytest.mark.timeout(600)
def test_each_permission_is_used(recording: Recording) -> None:
    surplus = [str(each) for each in recording.surplus() if not is_explained(each)]
    assert not surplus, "\n".join([f"{len(surplus)} permissions are not used:", *surplus])
