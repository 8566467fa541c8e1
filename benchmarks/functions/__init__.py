"""The Lambda functions to measure."""
