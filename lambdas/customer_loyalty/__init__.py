"""Customer Loyalty: rewards rides with points."""
