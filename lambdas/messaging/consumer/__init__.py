"""A batch from SQS, from first to last."""
