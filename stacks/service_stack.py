"""A service: everything of it but its topics."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Stack, aws_sqs as sqs
from constructs import Construct

from messaging.settings import Settings
from stacks.compute.code import handler_code, layer_version
from stacks.compute.consumer import Consumer
from stacks.compute.function import Function, FunctionDefaults
from stacks.compute.permissions import Permissions, grant_invoke
from stacks.compute.settings import authorizer_settings, service_settings
from stacks.deployment import Deployment
from stacks.http.api import Api
from stacks.observability.operations import Operations
from stacks.storage.resources import Resources
from topology import model, names
from topology.routing.recipients import invocable_commands
from topology.routing.subscriptions import subscriptions


class ServiceStack(Stack):
    """Queues, functions, API and tables of a service; finds by name what it shares, so it deploys
    alone.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        service: model.Service,
        system: model.System,
        deployment: Deployment,
        layer: Path,
    ) -> None:
        """Make queues, then functions, which may be told of any of these queues; then grant."""
        super().__init__(scope, names.service_stack(deployment.stage, service.name))
        self._service, self._system, self._deployment = service, system, deployment
        self._operations = Operations(self, service, deployment.stage)
        self._resources = Resources(self, service, deployment)
        consumers = [self._consumer(each) for each in service.consumers]
        self.queues = {each.consumer.name: each.queues for each in consumers}
        self._common = self._shared(layer)
        functions = [each.add_function(self._common) for each in consumers]
        functions += [self._function(each.name, each) for each in service.functions]
        if service.api:
            functions += self._api(service.api, {each.name: each for each in functions})
        permissions = Permissions(self._common.settings, self._resources, self._taking())
        for function in functions:
            self._operations.function(function)
            permissions.grant(function.role)

    def _consumer(self, consumer: model.Consumer) -> Consumer:
        """Add a consumer, still without its function."""
        made = Consumer(
            self,
            f"{names.pascal(consumer.name)}Consumer",
            consumer=consumer,
            subscriptions=subscriptions(self._system, self._service, consumer),
            deployment=self._deployment,
            key=self._resources.key,
        )
        self._operations.consumer(made)
        return made

    def _taking(self) -> list[sqs.Queue]:
        """Return the queues that take units of work."""
        return [
            self.queues[each.name].queue
            for each in self._service.consumers
            if each.accepts_enqueued
        ]

    def _shared(self, layer: Path) -> FunctionDefaults:
        """Return what all functions have in common."""
        service, deployment = self._service, self._deployment
        settings = service_settings(
            self,
            service,
            self._system,
            stage=deployment.stage,
            resources=self._resources,
            queues=self.queues,
        )
        return FunctionDefaults(
            deployment=deployment,
            key=self._resources.key,
            code=handler_code(deployment.lambdas, service.name),
            layer=layer_version(self, layer),
            environment=service.environment,
            settings=settings,
            handled=self._resources.handled,
            commands=service.api.commands if service.api else {},
        )

    def _api(self, api: model.Api, functions: Mapping[str, Function]) -> list[Function]:
        """Add the API; return the function of its own routes, if it has any."""
        answered = {
            command: functions[each.name] for command, each in invocable_commands(self._service)
        }
        routes = {route: answered[command] for route, command in api.commands.items()}
        own = [self._function("api", api)] if api.routes else []
        routes = {route: each for each in own for route in api.routes} | routes
        made = Api(
            self,
            "Api",
            name=self.stack_name,
            api=api,
            routes=routes,
            guard=self._guard(api.authorizer) if api.authorizer else None,
            deployment=self._deployment,
        )
        self._operations.api(made)
        return own

    def _guard(self, authorizer: model.Authorizer) -> Function:
        """Add the authorizer, which may ask other functions and do nothing else."""
        settings = authorizer_settings(self._common.settings)
        made = self._function("authorizer", authorizer, settings)
        grant_invoke(made.role, settings)
        self._operations.function(made)
        return made

    def _function(
        self,
        name: str,
        limits: model.Function | model.Api | model.Authorizer,
        settings: Settings | None = None,
    ) -> Function:
        """Add a function without a queue."""
        return Function(
            self,
            f"{names.pascal(name)}Handler",
            name=name,
            common=self._common,
            settings=settings or self._common.settings,
            timeout=limits.timeout,
            memory=limits.memory,
            invocable=limits.invocable if isinstance(limits, model.Function) else (),
        )
