"""What people run: the local environment, its deployment, checks and tests."""
