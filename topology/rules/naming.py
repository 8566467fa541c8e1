"""Rules on names of systems and services: unique, valid in CloudFormation and Python, within the
limits for every stage.
"""

import keyword
import re
import sys
from collections.abc import Iterator
from typing import Final

from topology import names
from topology.model import System
from topology.problems import Problem
from topology.rules.walk import repeated

SYSTEM: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
SERVICE: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
# Modules that a function imports; a service's package of the same name would hide them.
RESERVED_PACKAGES: Final = sys.stdlib_module_names | {
    "contracts",
    "messaging",
    "boto3",
    "botocore",
    "msgspec",
}
# The longest stage for which names are checked.
STAGE: Final = "s" * 32
# CloudFormation's limit. A name within it is within the 256 characters of a topic, too.
MAX_STACK: Final = 128


def system_name(system: System) -> Iterator[Problem]:
    """A system's name is valid in the names of its dashboard and dashboard stack."""
    if not SYSTEM.fullmatch(system.name):
        fix = "use up to 64 lower case letters, digits and hyphens, e.g. web-shop"
        yield Problem(system.name, f"{system.name!r} is no name for a system", fix)


def service_names(system: System) -> Iterator[Problem]:
    """A service's name is unique, and valid in the names of topics and stacks."""
    for name in repeated(service.name for service in system.services):
        yield Problem(name, "two services have this name", "rename one of them")
    for name in dict.fromkeys(service.name for service in system.services):
        if not SERVICE.fullmatch(name):
            fix = "begin with a capital letter, then letters and digits, e.g. OrderHistory"
            yield Problem(name, f"{name!r} is no name for a service", fix)
        if (length := len(names.channels_stack(STAGE, name))) > MAX_STACK:
            text = f"its stack name has {length} characters with a stage of {len(STAGE)}"
            yield Problem(name, text, f"shorten the name by {length - MAX_STACK}")


def packages(system: System) -> Iterator[Problem]:
    """A service's package under `lambdas/` is unique and hides no other module."""
    unique = list(dict.fromkeys(service.name for service in system.services))
    for package in repeated(names.package(name) for name in unique):
        owners = " and ".join(name for name in unique if names.package(name) == package)
        yield Problem(owners, f"their code would share lambdas/{package}", "rename one of them")
    for name in unique:
        package = names.package(name)
        if package in RESERVED_PACKAGES or keyword.iskeyword(package):
            text = f"its package {package!r} would hide or be Python's own or a library's"
            yield Problem(name, text, f"rename it, e.g. {name}Service")


def stack_names(system: System) -> Iterator[Problem]:
    """The names of a stage's stacks are distinct."""
    unique = dict.fromkeys(service.name for service in system.services)
    found = [names.platform_stack("stage"), names.dashboard_stack("stage", system.name)]
    found += [
        stack("stage", n) for n in unique for stack in (names.channels_stack, names.service_stack)
    ]
    for stack in repeated(found):
        name = stack.removeprefix("stage-")
        yield Problem(name, f"two stacks would be called {stack!r}", f"rename the service {name}")
