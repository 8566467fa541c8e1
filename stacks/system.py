"""All stacks of a system, in an order that lets each find what it names."""

from constructs import Construct

from stacks.channels_stack import ChannelsStack
from stacks.compute.layer import build_layer
from stacks.dashboard_stack import DashboardStack
from stacks.deployment import Deployment
from stacks.platform_stack import PlatformStack
from stacks.service_stack import ServiceStack
from topology.model import System
from topology.routing.subscriptions import subscriptions


def build(app: Construct, system: System, deployment: Deployment) -> None:
    """Add the platform, two stacks a service and the dashboard; raises LayerNotBuilt."""
    layer = build_layer(deployment.lambdas, deployment.target)
    platform = PlatformStack(app, deployment=deployment)
    channels = {
        service.name: ChannelsStack(app, deployment=deployment, service=service)
        for service in system.services
    }
    if deployment.customer_key:
        for topics in channels.values():
            topics.add_stack_dependency(platform)
    consumers = {}
    for service in system.services:
        stack = ServiceStack(
            app, service=service, system=system, deployment=deployment, layer=layer
        )
        stack.add_stack_dependency(platform)
        heard = {
            each.publisher
            for consumer in service.consumers
            for each in subscriptions(system, service, consumer)
        }
        for name in sorted({service.name, *heard}):
            stack.add_stack_dependency(channels[name])
        consumers.update({(service.name, name): made for name, made in stack.queues.items()})
    DashboardStack(app, system=system.name, deployment=deployment, consumers=consumers)
