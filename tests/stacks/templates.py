"""Write the templates of the tests' own systems: `python -m tests.stacks.templates FOLDER`.

`./waystation check` lints them.
"""

import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Final

from stacks.deployment import Deployment
from tests.stacks import conversations
from tests.stacks.synthesis import synthesize
from tests.warehouse import system as warehouse

SYSTEMS: Final = (conversations, warehouse)


def main(folder: Path) -> None:
    """Synthesize each system for AWS, with and without a customer key."""
    with tempfile.TemporaryDirectory() as code:
        for each, customer_key in product(SYSTEMS, (False, True)):
            name = f"{each.system.name}-key" if customer_key else each.system.name
            lambdas = each.lambdas(Path(code) / name)
            synthesize(
                each.system, Deployment(customer_key=customer_key, lambdas=lambdas), folder / name
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
