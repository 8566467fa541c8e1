"""Wild Rydes, deployed once for all flows with it."""

from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from tests.flows.conftest import Bring, Deployed


@dataclass(frozen=True)
class WildRydes(Deployed):
    """Wild Rydes as it runs in the emulator."""

    @property
    def api(self) -> str:
        """The URL of Unicorn Management's API."""
        url: str = self.services["UnicornManagement"]["api"]
        return url

    def consumer(self, service: str) -> dict[str, str]:
        """Return the queue, dead-letter queue and function of a service's consumer of rides."""
        parts: dict[str, str] = self.services[service]["consumers"]["rides"]
        return parts

    def post(self, body: bytes | None = None, **options: Any) -> urllib3.BaseHTTPResponse:
        """Submit a ride."""
        url = f"{self.api}/submit-ride-completion"
        return self.http.request("POST", url, body=body, timeout=30, retries=False, **options)


@pytest.fixture(scope="session")
def wild_rydes(bring: Bring) -> WildRydes:
    """Deploy Wild Rydes."""
    found = bring("wild-rydes")
    return WildRydes(found.home, found.aws, found.services, found.http)
