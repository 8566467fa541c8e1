"""Message contracts, one module per owning service. Imports no boto3."""

from contracts.message import Command, Event, Message

__all__ = ["Command", "Event", "Message"]
