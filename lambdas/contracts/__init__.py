"""Message contracts, one module for each owning service. Imports no boto3."""

from contracts.message import Command, Event, Message
from contracts.timeout import RequestTimedOut

__all__ = ["Command", "Event", "Message", "RequestTimedOut"]
