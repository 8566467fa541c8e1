"""The context of an HTTP request: what its handler may read and send."""

import math
from collections.abc import Mapping

from messaging.conversation.messaging_context import MessagingContext
from messaging.conversation.return_addresses import ConversationState
from messaging.deadline import Deadline
from messaging.sending import publisher
from messaging.sending.outgoing import OutgoingMessage, new_id
from messaging.settings import Settings, settings


class ApiContext(MessagingContext):
    """The context of the HTTP request that a handler handles.

    Messages are sent at once: every method raises PublishFailed if its message could not be sent;
    its `may_have_left` is False only if the message is known not to have left.

    `path`             path parameters by name, decoded
    `query`            query parameters by name; API Gateway joins repeated ones with commas
    `authorized`       the `principal` and the context that the route's authorizer has returned
    `request_id`       API Gateway's id of the request
    `idempotency_key`  a UUID that belongs to the client's header Idempotency-Key: the same when it
                       repeats the request, another one for another client (the `principal` of
                       the authorizer; without an authorizer all clients are one) and for another
                       route; None if the client sent no such header
    """

    def __init__(
        self,
        *,
        request_id: str,
        correlation_id: str,
        path: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        authorized: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        """Set the attributes; invocations that wait for a result end at `deadline`."""
        self._deadline = deadline
        self.request_id, self.idempotency_key = request_id, idempotency_key
        self.path, self.query, self.authorized = path, query or {}, authorized or {}
        self._first_state = ConversationState(correlation_id=correlation_id)

    @property
    def _config(self) -> Settings:
        return settings()

    @property
    def _state(self) -> ConversationState:
        return self._first_state

    def _new_id(self, kind: str, tag: str, where: str, body: str) -> str:
        return new_id()

    def _send(self, message: OutgoingMessage) -> None:
        publisher.send_now(message)

    def _seconds_left(self) -> float:
        return self._deadline.remaining() if self._deadline else math.inf
