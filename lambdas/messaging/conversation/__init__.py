"""What a handler may say, and who waits for an answer."""
