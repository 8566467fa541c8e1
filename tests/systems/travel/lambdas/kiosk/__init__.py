"""Kiosk: sells what others have."""
