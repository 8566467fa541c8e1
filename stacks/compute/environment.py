"""The environment variables of a function, within Lambda's limit."""

import re
from collections.abc import Mapping
from typing import Final

from messaging.settings import Settings

# Lambda quota in bytes: names and values of all environment variables of a function.
LIMIT: Final = 4_096
# A value that CloudFormation resolves; its length is unknown here.
TOKEN: Final = re.compile(r"\$\{Token\[[^]]*]}")


class EnvironmentTooLarge(ValueError):
    """The environment variables of a function exceed Lambda's limit."""


def environment(name: str, settings: Settings, more: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the function `name`.

    Raises EnvironmentTooLarge if they exceed the limit even without the values that CloudFormation
    resolves.
    """
    variables = {**more, **settings.to_environment()}
    size = sum(
        len(key.encode()) + len(TOKEN.sub("", value).encode()) for key, value in variables.items()
    )
    if size > LIMIT:
        raise EnvironmentTooLarge(
            f"{settings.service}.{name} has at least {size} bytes of environment variables, "
            f"Lambda's limit is {LIMIT}. Fix: divide the service, or shorten its `environment`; "
            "each recipient of `sends` and `invokes` adds more than a hundred bytes."
        )
    return variables
