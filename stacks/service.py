"""A service: everything of it but its topics."""

from collections.abc import Iterable
from pathlib import Path

from aws_cdk import Stack, aws_s3 as s3
from constructs import Construct

from messaging.settings import Settings
from stacks.alarms import Alarms
from stacks.api import Api
from stacks.claims import find_claims
from stacks.consumer import Consumer
from stacks.deployment import Deployment
from stacks.extras import Extra, extras
from stacks.function import Common, Function, handler_code, layer_version
from stacks.handled import handled
from stacks.keys import find_key
from stacks.outputs import output
from stacks.publishing import let_publish
from stacks.queues import Queues
from stacks.subscription import topic_arn
from stacks.table import Table
from topology import model, names
from topology.subscriptions import subscriptions


class Service(Stack):
    """Consumers, API and tables of a service; finds by name what it shares, so it deploys alone."""

    def __init__(
        self,
        scope: Construct,
        *,
        service: model.Service,
        system: model.System,
        deployment: Deployment,
        layer: Path,
    ) -> None:
        """Compose, then grant."""
        super().__init__(scope, names.service_stack(deployment.stage, service.name))
        self.queues: dict[str, Queues] = {}
        key = find_key(self, deployment)
        tables = [
            Table(self, table=table, deployment=deployment, key=key) for table in service.tables
        ]
        kept: list[Extra] = [*tables, *extras(self, service, deployment, key)]
        claims = find_claims(self, deployment.stage, service.name) if service.claim_check else None
        settings = self._settings(service, deployment, kept, claims)
        self._alarms = Alarms(self, "Alarms", stage=deployment.stage)
        self._common = Common(
            deployment=deployment,
            key=key,
            code=handler_code(deployment.lambdas, service.name),
            layer=layer_version(self, layer),
            environment=service.environment,
            settings=settings,
            handled=handled(self, service, deployment, key),
        )
        handlers = [self._consumer(consumer, system, service) for consumer in service.consumers]
        if service.api:
            handlers.append(self._api(service.api))
        self._alarms.watch_topics(service)
        for handler in handlers:
            for each in kept:
                each.grant(handler.role)
        if service.publishes:
            let_publish(self, handlers, settings, claims, key)

    def _settings(
        self,
        service: model.Service,
        deployment: Deployment,
        kept: Iterable[Extra],
        claims: s3.IBucket | None,
    ) -> Settings:
        """Return what every function of the service must know."""
        msg_out = names.topic(deployment.stage, service.name, "MsgOut", fifo=service.fifo)
        return Settings(
            stage=deployment.stage,
            service=service.name,
            msg_out_arn=topic_arn(self, msg_out),
            publishes=tuple(event.msg_tag for event in service.publishes),
            resources={name: value for each in kept for name, value in each.resources.items()},
            claims_bucket=claims.bucket_name if claims else "",
        )

    def _consumer(
        self, consumer: model.Consumer, system: model.System, service: model.Service
    ) -> Function:
        """Add a consumer and return its function."""
        name = names.pascal(consumer.name)
        made = Consumer(
            self,
            f"{name}Consumer",
            consumer=consumer,
            subscriptions=subscriptions(system, service, consumer),
            common=self._common,
        )
        output(self, f"{name}Queue", made.queues.queue.queue_url)
        output(self, f"{name}DeadLetters", made.queues.dead_letters.queue_url)
        self.queues[consumer.name] = made.queues
        self._alarms.watch_consumer(
            name, service=service.name, consumer=consumer, queues=made.queues
        )
        if made.undelivered:
            output(self, f"{name}Undelivered", made.undelivered.queue_url)
            self._alarms.watch_dead_letters(f"{name}Undelivered", made.undelivered)
        return self._watched(name, made.handler)

    def _api(self, api: model.Api) -> Function:
        """Add the API and return its function."""
        handler = Function(
            self,
            "ApiHandler",
            name="api",
            common=self._common,
            settings=self._common.settings,
            timeout=api.timeout,
            memory=api.memory,
        )
        made = Api(
            self,
            "Api",
            name=self.stack_name,
            routes=api.routes,
            function=handler.function,
            deployment=self._common.deployment,
        )
        output(self, "ApiId", made.http.api_id)
        output(self, "ApiUrl", made.http.api_endpoint)
        output(self, "ApiAccessLog", made.access_log.log_group_name)
        return self._watched("Api", handler)

    def _watched(self, name: str, handler: Function) -> Function:
        """Alarm on a function and say where it is."""
        output(self, f"{name}Function", handler.function.function_name)
        output(self, f"{name}LogGroup", handler.log_group.log_group_name)
        self._alarms.watch_function(name, handler.function)
        return handler
