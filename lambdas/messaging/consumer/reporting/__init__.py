"""What a batch leaves behind for people."""
