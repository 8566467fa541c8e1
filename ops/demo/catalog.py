"""The demos there are: each package of the folder demos/ is one."""

import functools
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from ops import systems
from ops.demo.result import Drive
from ops.errors import OpsError
from ops.paths import ROOT


@dataclass(frozen=True)
class Demo:
    """A demo's name, the system that it deploys, and the function that drives that system.

    `about` is the first line of the package's docstring.
    """

    name: str
    system: str
    drive: Drive
    about: str


@functools.cache
def demos() -> Mapping[str, Demo]:
    """Return every demo by name; raises OpsError for a package that lacks NAME, SYSTEM or drive."""
    packages = pkgutil.iter_modules([str(ROOT / "demos")])
    found = (_read(f"demos.{each.name}") for each in packages if each.ispkg)
    return {demo.name: demo for demo in found}


def find(name: str | None) -> Demo:
    """Return a demo, by default the first of the default system; raises OpsError, which lists the
    demos there are.
    """
    found = demos()
    wanted = name if name is not None else _default()
    if wanted not in found:
        known = f"only of {', '.join(found)}" if found else "and demos/ has no package"
        raise OpsError(f"there is no demo of {wanted!r}, {known}")
    return found[wanted]


def _default() -> str:
    system = systems.default()
    return next((demo.name for demo in demos().values() if demo.system == system), system)


def _read(package: str) -> Demo:
    module = import_module(package)
    missing = [name for name in ("NAME", "SYSTEM", "drive") if not hasattr(module, name)]
    if missing:
        raise OpsError(f"the package {package} has no {', '.join(missing)}; a demo needs all three")
    about = (module.__doc__ or "").strip().partition("\n")[0]
    return Demo(module.NAME, module.SYSTEM, module.drive, about)
