"""Calls to AWS: clients, batch calls, parallel calls. Knows no message."""
