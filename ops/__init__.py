"""What people run: the local environment, its deployment, checks and tests."""

from typing import Final

# Waystation's version: this is the one place; CHANGELOG.md has an entry for each.
__version__: Final = "0.3.0"
