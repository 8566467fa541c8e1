"""Tables, buckets and other resources of a service."""
