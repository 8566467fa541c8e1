"""What is deployed, what is in the queues, what was logged."""
