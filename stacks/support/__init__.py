"""What every room uses: ARNs, keys, outputs, suppressed rules."""
