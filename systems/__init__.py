"""The team's systems: one module each, found by topology/registry.py."""
