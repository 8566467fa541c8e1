"""Hotels: has rooms."""
