"""Running handlers: in order, in time, in threads."""
