"""Loyalty: knows who travels much."""
