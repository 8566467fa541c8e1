"""The services of a conversation: real consumers whose handlers carry out the plan."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contracts import Event
from messaging import Consumer, Context
from tests.unit.messaging.conversations.plans import Plan
from tests.unit.messaging.conversations.services import (
    CONTINUED,
    INQUIRIES,
    NAMES,
    NEWS,
    REPLIES,
    Inquiry,
    Note,
    Notice,
    Task,
    service_of,
)

# Seconds: no time passes in a conversation.
_LIMIT = 60


@dataclass(frozen=True, kw_only=True)
class Handled:
    """A message that a consumer, e.g. "Alpha.desk", has handled."""

    at: str
    tag: str
    number: int
    by: str
    id: str
    in_reply_to: str | None
    from_service: str | None
    request_service: str | None


@dataclass
class Journal:
    """The state of the services: the ids of their requests, how often each was forwarded, and the
    replies to their requests in the order of receipt.
    """

    plan: Plan
    handled: list[Handled] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)
    forwarded: dict[str, int] = field(default_factory=dict)
    replies: dict[tuple[int, str], list[tuple[int, str]]] = field(default_factory=dict)


class Participant:
    """A service with its consumers."""

    def __init__(self, name: str, journal: Journal) -> None:
        """Register the handlers."""
        self._name, self._journal, self._plan = name, journal, journal.plan
        desk, clerk, replies = Consumer(), Consumer(), Consumer()
        self.consumers = {
            f"{name}.desk": desk,
            f"{name}.clerk": clerk,
            f"{name}.replies": replies,
        }
        desk.on(Inquiry)(self._recorded("desk", self._receive_inquiry))
        desk.on(Note)(self._recorded("desk", self._pass_on))
        desk.on(Task)(self._recorded("desk", self._continue))
        desk.on(CONTINUED[name])(self._recorded("desk", self._continue))
        for other in NAMES:
            desk.on(NEWS[other])(self._recorded("desk", lambda *_: None))
            desk.on(INQUIRIES[other])(self._recorded("desk", self._receive_published("desk")))
            clerk.on(INQUIRIES[other])(self._recorded("clerk", self._receive_published("clerk")))
            replies.on(REPLIES[other])(self._recorded("replies", self._receive_reply))

    def _recorded(self, consumer: str, handle: Callable[..., Event | None]) -> Any:
        def record_message(message: Any, context: Context) -> Event | None:
            self._journal.handled.append(
                Handled(
                    at=f"{self._name}.{consumer}",
                    tag=message.msg_tag,
                    number=message.number,
                    by=getattr(message, "by", ""),
                    id=context.message_id,
                    in_reply_to=context.in_reply_to,
                    from_service=context.from_service,
                    request_service=context.request_service,
                )
            )
            return handle(message, context)

        return record_message

    def _receive_inquiry(self, message: Inquiry, context: Context) -> Event | None:
        done = self._journal.forwarded.get(context.message_id, 0)
        request = self._plan.requests[message.number].request
        ((by, _),) = request.parts.items()
        stations = (*request.via, service_of(by))
        if done == len(stations) - 1:
            return self._begin(message.number, by, context)
        self._journal.forwarded[context.forward(to=stations[done + 1])] = done + 1
        return None

    def _receive_published(self, consumer: str) -> Callable[[Notice, Context], Event | None]:
        by = f"{self._name}.{consumer}"

        def receive(message: Notice, context: Context) -> Event | None:
            if self._plan.part(message.number, by) is None:
                return None
            return self._begin(message.number, by, context)

        return receive

    def _pass_on(self, message: Note, context: Context) -> None:
        context.publish(NEWS[self._name](number=message.number))

    def _continue(self, message: Task | Notice, context: Context) -> Event | None:
        return self._send_and_reply(message.number, message.by, context)

    def _begin(self, number: int, by: str, context: Context) -> Event | None:
        part = self._plan.part(number, by)
        assert part is not None
        for each in part.noise:
            self._make_noise(each, number, context)
        match part.hand_over:
            case "queue":
                context.enqueue(Task(number=number, by=by))
            case "event":
                context.publish(CONTINUED[self._name](number=number, by=by))
            case _:
                return self._send_and_reply(number, by, context)
        return None

    def _make_noise(self, noise: str, number: int, context: Context) -> None:
        if noise == "news":
            context.publish(NEWS[self._name](number=number))
        else:
            context.send(Note(number=number), to=noise)

    def _send_and_reply(self, number: int, by: str, context: Context) -> Event | None:
        part = self._plan.part(number, by)
        assert part is not None
        children = self._plan.children(number, by)
        for child in children[:1] if part.in_turn else children:
            self._send(child, context)
        return self._reply(number, by, context) if part.enough == 0 else None

    def _send(self, number: int, context: Context) -> None:
        request = self._plan.requests[number].request
        if request.published:
            id_ = context.publish_request(
                INQUIRIES[self._name](number=number),
                expected_replies=len(request.parts),
                timeout=_LIMIT,
            )
        else:
            first = (*request.via, *map(service_of, request.parts))[0]
            limit = _LIMIT if request.limited else None
            id_ = context.request(Inquiry(number=number), to=first, timeout=limit)
        assert self._journal.ids.setdefault(number, id_) == id_, (
            "a handler that runs again sends the same id"
        )

    def _receive_reply(self, message: Notice, context: Context) -> Event | None:
        number, by = self._plan.requests[message.number].part_of
        part = self._plan.part(number, by)
        assert part is not None
        replies = self._journal.replies.setdefault((number, by), [])
        this = (message.number, message.by)
        if this not in replies:
            replies.append(this)
        children = self._plan.children(number, by)
        following = children[children.index(message.number) + 1 :]
        first = next(each for each in replies if each[0] == message.number)
        if part.in_turn and first == this and following:
            self._send(following[0], context)
        enough = replies.index(this) + 1 == part.enough
        return self._reply(number, by, context) if enough else None

    def _reply(self, number: int, by: str, context: Context) -> Event | None:
        part = self._plan.part(number, by)
        assert part is not None
        reply = REPLIES[self._name](number=number, by=by)
        if part.returns or number == 0:
            return reply
        context.reply(reply)
        return None
