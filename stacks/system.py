"""All stacks of a system, and the extensions of its services."""

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType

from constructs import Construct

import stacks.extensions
from stacks.channels_stack import ChannelsStack
from stacks.compute.layer import build_layer
from stacks.dashboard_stack import DashboardStack
from stacks.deployment import Deployment
from stacks.platform_stack import PlatformStack
from stacks.service_stack import ServiceStack
from stacks.storage.extension import Extension
from topology import names
from topology.model import Service, System
from topology.routing.subscriptions import subscriptions

# By the package of a service, e.g. `order_archive`.
Extensions = Mapping[str, type[Extension]]


class InvalidExtension(ValueError):
    """A module of stacks/extensions/ has no class `Extension`, or belongs to no service."""


def find_extensions(
    systems: Iterable[System], package: ModuleType = stacks.extensions
) -> Extensions:
    """Return the class `Extension` of each module of a package, by the module's name.

    A module has the name of its service's package. Raises InvalidExtension for a module without
    the class, and for a module whose service is in none of the systems: after a service was
    renamed, its stack would lose these resources.
    """
    packages = {names.package(service.name) for system in systems for service in system.services}
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        path = f"{package.__name__}.{module.name}"
        if module.name not in packages:
            raise InvalidExtension(
                f"{path}: no system has a service whose package is `{module.name}`. "
                "Fix: name the module after the service's folder in lambdas/, or delete it."
            )
        found[module.name] = _load(path)
    return found


def _load(path: str) -> type[Extension]:
    """Return the class `Extension` of a module; raises InvalidExtension."""
    extension = getattr(import_module(path), "Extension", None)
    if not isinstance(extension, type):
        raise InvalidExtension(
            f"{path}: the module has no class `Extension`. "
            "Fix: write one with the members of `Extension` in stacks/storage/extension.py."
        )
    return extension


def build(app: Construct, system: System, deployment: Deployment, extensions: Extensions) -> None:
    """Add the platform, two stacks per service and the dashboard; raises LayerNotBuilt."""
    layer = build_layer(deployment.lambdas, deployment.target)
    platform = PlatformStack(app, deployment=deployment)
    channels = {
        service.name: ChannelsStack(app, deployment=deployment, service=service)
        for service in system.services
    }
    if deployment.customer_key:
        for topics in channels.values():
            topics.add_stack_dependency(platform)
    queues = {}
    for service in system.services:
        stack = ServiceStack(
            app,
            service=service,
            system=system,
            deployment=deployment,
            layer=layer,
            extension=extensions.get(names.package(service.name)),
        )
        stack.add_stack_dependency(platform)
        for name in sorted({service.name, *_publishers(system, service)}):
            stack.add_stack_dependency(channels[name])
        queues.update({(service.name, name): pair for name, pair in stack.queues.items()})
    DashboardStack(app, system=system.name, deployment=deployment, queues=queues)


def _publishers(system: System, service: Service) -> set[str]:
    """Return the services whose topics feed the queues of a service."""
    return {
        each.publisher
        for consumer in service.consumers
        for each in subscriptions(system, service, consumer)
    }
