"""Programs that run a function in a process of their own, as Lambda's runtime does."""
