"""Cars: with and without a driver."""
