"""A message as SNS and SQS carry it. Makes no calls."""
