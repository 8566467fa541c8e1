"""What a caller must be permitted to use which route."""

from collections.abc import Mapping
from typing import Final

# One that is missing here is closed to everybody, where the map guards it.
PERMISSIONS: Final[Mapping[str, str]] = {"GET /rides/{id}": "rides:read"}
