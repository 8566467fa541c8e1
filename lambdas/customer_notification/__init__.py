"""Customer Notification: tells customers that their ride is complete."""
