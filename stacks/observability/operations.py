"""Outputs and alarms of a service, part by part."""

from aws_cdk import Stack

from stacks.compute.consumer import Consumer
from stacks.compute.function import Function
from stacks.http.api import Api
from stacks.observability.alarms import Alarms
from stacks.support.outputs import output
from topology import model, names


class Operations:
    """Adds outputs, which `ops` reads, and alarms to the stack of a service."""

    def __init__(self, stack: Stack, service: model.Service, stage: str) -> None:
        """Watch the topics."""
        self._stack, self._service = stack, service
        self._alarms = Alarms(stack, "Alarms", stage=stage)
        self._alarms.watch_topics(service)

    def consumer(self, consumer: Consumer) -> None:
        """Add outputs and alarms for the queues and the function of a consumer."""
        name, queues = names.pascal(consumer.consumer.name), consumer.queues
        output(self._stack, f"{name}Queue", queues.queue.queue_url)
        output(self._stack, f"{name}DeadLetters", queues.dead_letters.queue_url)
        self._alarms.watch_consumer(
            name, service=self._service.name, consumer=consumer.consumer, queues=queues
        )
        if consumer.undelivered:
            output(self._stack, f"{name}Undelivered", consumer.undelivered.queue_url)
            self._alarms.watch_dead_letters(f"{name}Undelivered", consumer.undelivered)
        self.function(consumer.function)

    def function(self, function: Function) -> None:
        """Add outputs and alarms for a function and for its failed asynchronous invocations."""
        name, async_invocation = names.pascal(function.name), function.async_invocation
        output(self._stack, f"{name}Function", function.function.function_name)
        output(self._stack, f"{name}LogGroup", function.log_group.log_group_name)
        self._alarms.watch_function(name, function.function)
        if async_invocation:
            output(self._stack, f"{name}FailedCalls", async_invocation.failed.queue_url)
            self._alarms.watch_async_invocations(name, function.function, async_invocation.failed)

    def api(self, api: Api) -> None:
        """Add the outputs of an API."""
        output(self._stack, "ApiId", api.http.api_id)
        output(self._stack, "ApiUrl", api.http.api_endpoint)
        output(self._stack, "ApiAccessLog", api.access_log.log_group_name)
