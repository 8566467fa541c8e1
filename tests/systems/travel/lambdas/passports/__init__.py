"""Passports: asks Visas, while the traveller stands there."""
