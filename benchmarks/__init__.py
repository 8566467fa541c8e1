"""Side-by-side measurements: one consumer with Waystation, and as AWS documents it."""
