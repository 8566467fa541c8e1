"""MiniStack 1.5.33 with patches, so that it behaves as AWS.

Each patch is a module, applied when it is imported. A patch checks what it replaces: the emulator
does not start with a MiniStack whose code differs.

logs         every line that a function prints is in its log
errors       the error of a function has the class of the exception
packages     a function imports what it can import on AWS
fifo         FIFO topics keep the order of each message group
cors         HTTP APIs of a template support CORS
iam          the permissions of a role are those that AWS checks
permissions  each permission that a role has used is in a file
messages     SQS and SNS refuse and filter messages as AWS does, and name their senders
"""

import sys
from pathlib import Path

from ministack.app import app

# Hypercorn imports this file by its path. At the end of sys.path, to shadow no other module.
sys.path.append(str(Path(__file__).parents[2]))

from ops.emulator_patches import cors, errors, fifo, iam, logs, packages, permissions
from ops.emulator_patches.messages import (
    delivery,
    filters,
    queues,
    senders,
    subscriptions,
    topics,
)

__all__ = [
    "app",
    "cors",
    "delivery",
    "errors",
    "fifo",
    "filters",
    "iam",
    "logs",
    "packages",
    "permissions",
    "queues",
    "senders",
    "subscriptions",
    "topics",
]
