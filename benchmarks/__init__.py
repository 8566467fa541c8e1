"""Side-by-side measurements: the same consumer, ours and the way AWS documents it."""
