"""Desk: where travellers come to."""
