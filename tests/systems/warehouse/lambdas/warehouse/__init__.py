"""Warehouse: moves items."""
