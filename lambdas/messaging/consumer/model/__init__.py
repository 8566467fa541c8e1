"""A delivery and what may become of it."""
