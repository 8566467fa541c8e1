"""Checks and tests."""
