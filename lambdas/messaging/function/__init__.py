"""Handlers by message, and their invocation without a queue: by a service or by an HTTP API."""
