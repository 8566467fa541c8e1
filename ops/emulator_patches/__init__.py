"""Patches of MiniStack where it behaves unlike AWS."""
