"""What is decided before a handler runs."""
