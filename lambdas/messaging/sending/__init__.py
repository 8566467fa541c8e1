"""How a message leaves: where to, in which form, by which call."""
