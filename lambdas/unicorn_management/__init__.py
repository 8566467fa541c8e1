"""Unicorn Management: takes in completed rides and announces them."""
