"""Who receives what: subscriptions, recipients, invoked functions."""
