"""What a caller must be permitted to use which route."""

from collections.abc import Mapping
from typing import Final

# A guarded route without an entry here is closed to everybody.
PERMISSIONS: Final[Mapping[str, str]] = {"GET /rides/{id}": "rides:read"}
