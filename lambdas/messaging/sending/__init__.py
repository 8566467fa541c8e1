"""Sending messages: addressing, composing, and the calls that send them."""
