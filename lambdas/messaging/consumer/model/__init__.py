"""A delivery, its states and its outcomes."""
