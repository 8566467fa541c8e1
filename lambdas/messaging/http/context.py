"""What a handler of an API is told about its request, and what it may do."""

import math
from collections.abc import Mapping

from messaging.conversation.flow import ConversationState
from messaging.conversation.verbs import MessagingContext
from messaging.deadline import Deadline
from messaging.sending import publisher
from messaging.sending.outgoing import OutgoingMessage, new_id
from messaging.settings import Settings, settings


class ApiContext(MessagingContext):
    """One request in its handler's hands.

    What the handler says leaves at once; every verb raises PublishFailed when it could not.
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
        """Speak of a request: `path` and `query` are its parameters, `authorized` what the
        authorizer says of the caller; at `deadline` the function has no more time to wait.
        """
        self._deadline = deadline
        self.request_id, self.idempotency_key = request_id, idempotency_key
        self.path, self.query, self.authorized = path, query or {}, authorized or {}
        self._of_flow = ConversationState(correlation_id=correlation_id)

    @property
    def _config(self) -> Settings:
        return settings()

    @property
    def _flow(self) -> ConversationState:
        return self._of_flow

    def _next_id(self) -> str:
        return new_id()

    def _leave(self, message: OutgoingMessage) -> None:
        publisher.send_now(message)

    def _seconds_left(self) -> float:
        return self._deadline.remaining() if self._deadline else math.inf
