"""The demos: each package of the folder demos/ is one."""

import functools
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from ops import systems
from ops.demo.result import Drive
from ops.errors import OpsError, UnknownName
from ops.paths import ROOT


@dataclass(frozen=True)
class Demo:
    """A demo, the system it deploys, the function that drives it, and one sentence about it.

    The sentence is the first line of the package's docstring.
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
    """Return a demo, by default the first one of the default system; raises UnknownName."""
    found = demos()
    wanted = name if name is not None else _default()
    if wanted not in found:
        raise UnknownName("demo", wanted, found)
    return found[wanted]


def _default() -> str:
    """Return the name of the default system's first demo; raises OpsError if it has none."""
    system = systems.default()
    for demo in demos().values():
        if demo.system == system:
            return demo.name
    raise OpsError(f"{system}, the default system, has no demo. List all: ./waystation demo --list")


def _read(package: str) -> Demo:
    try:
        module = import_module(package)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise OpsError(f"the package {package} cannot be imported: {why}") from error
    missing = [name for name in ("NAME", "SYSTEM", "drive") if not hasattr(module, name)]
    if missing:
        raise OpsError(
            f"the package {package} has no {', '.join(missing)}; a demo needs NAME, SYSTEM, drive"
        )
    about = (module.__doc__ or "").strip().partition("\n")[0]
    return Demo(module.NAME, module.SYSTEM, module.drive, about)
