"""FIFO topics: topics with `FifoTopic` in a template keep the order of each message group.

MiniStack's CloudFormation ignores `FifoTopic`, and its SNS treats the topic as a standard topic,
which loses the message groups and their order. This patch recognises FIFO topics by their names.
"""

from typing import Any

from ministack.services import sns

from ops.emulator_patches.replacing import replace_function


def _is_fifo(topic: dict[str, Any]) -> bool:
    """Return whether a topic is a FIFO topic: SNS allows this suffix for no other."""
    return str(topic["name"]).endswith(".fifo")


replace_function(sns, "_is_fifo_topic", _is_fifo, "topic")
