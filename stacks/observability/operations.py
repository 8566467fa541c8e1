"""What people who run a service need: where its parts are, and an alarm when one is in trouble."""

from aws_cdk import Stack

from stacks.compute.consumer import Consumer
from stacks.compute.function import Function
from stacks.http.api import Api
from stacks.observability.alarms import Alarms
from stacks.support.outputs import output
from topology import model, names


class Operations:
    """The outputs and alarms of a service, part by part."""

    def __init__(self, stack: Stack, service: model.Service, stage: str) -> None:
        """Watch what every service has."""
        self._stack, self._service = stack, service
        self._alarms = Alarms(stack, "Alarms", stage=stage)
        self._alarms.watch_topics(service)

    def consumer(self, made: Consumer) -> None:
        """Announce and watch the queues of a consumer."""
        name, queues = names.pascal(made.consumer.name), made.queues
        output(self._stack, f"{name}Queue", queues.queue.queue_url)
        output(self._stack, f"{name}DeadLetters", queues.dead_letters.queue_url)
        self._alarms.watch_consumer(
            name, service=self._service.name, consumer=made.consumer, queues=queues
        )
        if made.undelivered:
            output(self._stack, f"{name}Undelivered", made.undelivered.queue_url)
            self._alarms.watch_dead_letters(f"{name}Undelivered", made.undelivered)

    def function(self, made: Function) -> None:
        """Announce and watch a function, and its failed calls if it can have any."""
        name = names.pascal(made.name)
        output(self._stack, f"{name}Function", made.function.function_name)
        output(self._stack, f"{name}LogGroup", made.log_group.log_group_name)
        self._alarms.watch_function(name, made.function)
        if made.async_invocation:
            output(self._stack, f"{name}FailedCalls", made.async_invocation.failed.queue_url)
            self._alarms.watch_calls(name, made.function, made.async_invocation.failed)

    def api(self, made: Api) -> None:
        """Announce the API."""
        output(self._stack, "ApiId", made.http.api_id)
        output(self._stack, "ApiUrl", made.http.api_endpoint)
        output(self._stack, "ApiAccessLog", made.access_log.log_group_name)
