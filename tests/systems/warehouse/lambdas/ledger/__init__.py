"""Ledger: knows where an item has been, in order."""
