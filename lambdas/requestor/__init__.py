"""Requestor: asks Generator for strings and keeps them."""
