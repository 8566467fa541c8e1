"""What is known about countries."""

from typing import Final

VISA_NEEDED: Final = {"Norway": False, "Japan": True}
EMBASSIES: Final = {"Norway": "Oslo"}
CLOSED: Final = frozenset({"Atlantis"})


class EmbassyClosedError(Exception):
    """Nobody is there to ask."""


def visa_needed(country: str) -> bool | None:
    """Return whether one needs a visa; None for a country that nobody knows."""
    if country in CLOSED:
        raise EmbassyClosedError(f"nobody answers for {country}")
    return VISA_NEEDED.get(country)
