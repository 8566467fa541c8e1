"""Calls to AWS: clients, batch calls, several at a time."""
