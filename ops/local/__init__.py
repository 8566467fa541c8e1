"""The local environment: the emulator, and deployments to it."""
