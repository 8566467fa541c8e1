"""Extraordinary Rides: remembers the long and expensive rides."""
