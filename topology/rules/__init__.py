"""The rules of the map; each yields a Problem for every place that breaks it."""
