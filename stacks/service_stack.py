"""The stack of a service: everything but its topics."""

from collections.abc import Collection, Mapping
from pathlib import Path

from aws_cdk import Stack
from constructs import Construct

from contracts import Command
from messaging.settings import Settings
from stacks.compute.code import handler_code, layer_version
from stacks.compute.consumer import Consumer
from stacks.compute.function import Function, FunctionDefaults, Limits
from stacks.compute.permissions import Permissions
from stacks.compute.settings import invocable_settings, service_settings
from stacks.deployment import Deployment
from stacks.http.api import Api
from stacks.observability.operations import Operations
from stacks.queues.queue_pair import QueuePair
from stacks.storage.extension import Extension
from stacks.storage.resources import Resources
from topology import model, names
from topology.routing.recipients import invocable_commands
from topology.routing.subscriptions import subscriptions
from topology.uses import Uses


class ServiceStack(Stack):
    """Queues, functions, API and tables of a service; `queues` by consumer.

    Resources of other stacks are named, not referred to, so a service is deployed alone.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        service: model.Service,
        system: model.System,
        deployment: Deployment,
        layer: Path,
        extension: type[Extension] | None,
    ) -> None:
        """Make all queues, which settings name, then consumers, functions and API."""
        super().__init__(scope, names.service_stack(deployment.stage, service.name))
        self._service, self._system, self._stage = service, system, deployment.stage
        self._operations = Operations(self, service, deployment.stage)
        resources = self._resources = Resources(self, service, deployment, extension)
        self.queues = {
            each.name: QueuePair(self, each, deployment=deployment, key=resources.key)
            for each in service.consumers
        }
        self._permissions = Permissions(service, resources, self.queues)
        self._defaults = FunctionDefaults(
            deployment=deployment,
            key=resources.key,
            code=handler_code(deployment.lambdas, service.name),
            layer=layer_version(self, layer),
            environment=service.environment,
        )
        consumers = [self._consumer(each) for each in service.consumers]
        functions = {each.function.name: each.function for each in consumers}
        for each in service.functions:
            functions[each.name] = self._function(each.name, each, each.invocable)
        if service.api:
            self._api(service.api, functions)
        for consumer in consumers:
            consumer.accept_state_from(self._permissions.enqueueing[consumer.consumer.name])

    def _consumer(self, consumer: model.Consumer) -> Consumer:
        """Add a consumer."""
        parts = Consumer(
            consumer,
            queues=self.queues[consumer.name],
            subscriptions=subscriptions(self._system, self._service, consumer),
            settings=self._settings(consumer, consumer.invocable),
            idempotency_table=self._resources.idempotency_table,
            defaults=self._defaults,
        )
        self._operations.consumer(parts)
        self._permissions.grant(parts.function, consumer)
        return parts

    def _function(
        self, name: str, declared: Limits, commands: Collection[type[Command]] = ()
    ) -> Function:
        """Add a function without a queue."""
        function = Function(
            self,
            f"{names.pascal(name)}Handler",
            name=name,
            limits=declared,
            settings=self._settings(declared, commands),
            defaults=self._defaults,
        )
        self._operations.function(function)
        self._permissions.grant(function, declared)
        return function

    def _settings(self, function: Uses, commands: Collection[type[Command]]) -> Settings:
        """Return the settings of a function that is invocable with commands."""
        settings = service_settings(
            self,
            self._service,
            function,
            self._system,
            stage=self._stage,
            resources=self._resources,
            queues=self.queues,
        )
        return invocable_settings(settings, self._service, commands)

    def _api(self, api: model.Api, functions: Mapping[str, Function]) -> None:
        """Add the API, the function of its own routes and its authorizer, if it has them."""
        routes = dict.fromkeys(api.routes, self._function("api", api)) if api.routes else {}
        by_command = {
            command: functions[each.name] for command, each in invocable_commands(self._service)
        }
        routes |= {route: by_command[command] for route, command in api.commands.items()}
        authorizer = self._function("authorizer", api.authorizer) if api.authorizer else None
        deployment = self._defaults.deployment
        http = Api(
            self, "Api", api=api, routes=routes, authorizer=authorizer, deployment=deployment
        )
        self._operations.api(http)
