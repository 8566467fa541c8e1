"""Reads what is deployed, what is in the queues, and what was logged."""
