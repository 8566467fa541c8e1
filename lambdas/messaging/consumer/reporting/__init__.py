"""Log lines and metrics of a batch."""
