"""Visas: answers at once, and knows no queue."""
