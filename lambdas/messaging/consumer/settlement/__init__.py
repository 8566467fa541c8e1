"""Acting on outcomes."""
