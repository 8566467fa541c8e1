"""Programs that run a function in a process, as Lambda's runtime does."""
