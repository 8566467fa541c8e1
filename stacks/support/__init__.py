"""ARNs, keys, outputs and suppressed rules for the other folders."""
