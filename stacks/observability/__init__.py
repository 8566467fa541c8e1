"""Outputs, metrics and alarms."""
