"""Audit: counts moves; their order does not matter to it."""
