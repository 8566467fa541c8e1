"""A service that does what its messages tell it to."""
