"""The demo: deploy an example system, drive it, and show what happened to every message."""
