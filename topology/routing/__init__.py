"""Routing: the subscriptions, recipients and functions that follow from a topology."""
