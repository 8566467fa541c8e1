"""Lambda functions that are measured; deployed as they are."""
