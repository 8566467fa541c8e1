"""Conversations: what a handler may send, and which service waits for a reply."""
