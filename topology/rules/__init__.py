"""The rules of a topology; each yields a Problem for every element that breaks it."""
