"""Queues, their dead-letter queues and their subscriptions."""
