"""FIFO topics: on AWS the topics of a template with `FifoTopic` keep the order of each group.

MiniStack's CloudFormation does not pass `FifoTopic` on, and its SNS then treats the topic as a
standard one, which loses message groups and with them the order. Their names tell them apart.
"""

from typing import Any

from ministack.services import sns

from ops.emulator_patches.replacing import replace_function


def _is_fifo(topic: dict[str, Any]) -> bool:
    """Whether a topic keeps order; SNS lets the names of these topics alone end so."""
    return str(topic["name"]).endswith(".fifo")


replace_function(sns, "_is_fifo_topic", _is_fifo, "topic")
