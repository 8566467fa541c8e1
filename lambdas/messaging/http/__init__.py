"""HTTP APIs and their authorizer."""
