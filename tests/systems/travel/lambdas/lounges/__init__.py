"""Lounges: lets travellers in, and shows a visit to members."""
