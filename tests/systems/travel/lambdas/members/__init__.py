"""Members: decides what the bearer of a token may do."""
