"""Seats: knows who sits where."""
