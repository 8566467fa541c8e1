"""Runs a demo: deploy its system, drive the system, print what happened to every message."""
