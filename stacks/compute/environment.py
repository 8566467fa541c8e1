"""What a function finds in its environment, within what Lambda takes."""

import re
from collections.abc import Mapping
from typing import Final

from messaging.settings import Settings

# Lambda quotas: bytes of all environment variables, names and values.
LIMIT: Final = 4_096
# A value that is known when it is deployed: as text it is longer or shorter than that.
TOKEN: Final = re.compile(r"\$\{Token\[[^]]*]}")


class TooMuchToKnow(ValueError):
    """The settings of a function have no room in its environment."""


def environment(name: str, settings: Settings, more: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the function `name`; raises TooMuchToKnow if they surely do not fit.

    Of what is not known yet, nothing is counted.
    """
    found = {**more, **settings.to_environment()}
    known = sum(len(key.encode()) + len(TOKEN.sub("", found[key]).encode()) for key in found)
    if known > LIMIT:
        raise TooMuchToKnow(
            f"{settings.service}.{name} has {known} bytes and more of environment variables, "
            f"Lambda takes {LIMIT}. Fix: divide the service, or shorten its `environment`; each "
            "recipient of `sends` and `invokes` takes more than a hundred bytes."
        )
    return found
