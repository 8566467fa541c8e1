"""Write the templates of the tests' own systems: `python -m tests.stacks.templates FOLDER`.

`./waystation check` lints them.
"""

import sys
import tempfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Final

from stacks.deployment import Deployment
from tests.stacks.synthesis import synthesize
from tests.systems import catalog
from topology.model import System

# Each system without and with a customer key, by a name for both.
DEPLOYMENTS: Final[Mapping[str, tuple[System, bool]]] = {
    f"{name}-key" if key else name: (system, key)
    for (name, system), key in product(catalog.SYSTEMS.items(), (False, True))
}


def main(folder: Path) -> None:
    """Synthesize each system for AWS, with and without a customer key."""
    with tempfile.TemporaryDirectory() as code:
        for name, (system, key) in DEPLOYMENTS.items():
            lambdas = catalog.code(system, Path(code) / name)
            synthesize(system, Deployment(customer_key=key, lambdas=lambdas), folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
