"""Generator: generates strings for whoever asks."""
