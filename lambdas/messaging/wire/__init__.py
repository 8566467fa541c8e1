"""A message as SNS and SQS carry it. Calls nobody."""
