"""What a caller must be permitted to use which route."""

from collections.abc import Mapping
from typing import Final

# A guarded route that is missing here is closed.
PERMISSIONS: Final[Mapping[str, str]] = {"GET /rides/{id}": "rides:read"}
