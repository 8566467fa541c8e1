"""Handlers by message, and what calls them without a queue."""
