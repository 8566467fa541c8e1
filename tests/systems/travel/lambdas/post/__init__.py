"""Post: writes to travellers and their friends."""
