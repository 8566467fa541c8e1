"""The services of a talk: real consumers, whose handlers do what the plan says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contracts import Event
from messaging import Consumer, Context
from tests.unit.messaging.conversations.plans import Plan
from tests.unit.messaging.conversations.services import (
    ANSWERED,
    ASKED,
    CARRIED,
    NAMES,
    NEWS,
    Ask,
    Note,
    Told,
    Work,
    service_of,
)

# Seconds: no time passes in a talk.
_LIMIT = 60


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a handler was told, at "Alpha.desk", of a message."""

    at: str
    tag: str
    question: int
    by: str
    id: str
    in_reply_to: str | None
    from_service: str | None
    request_service: str | None


@dataclass
class Notebook:
    """What the services keep: which message asked a question, how often it was forwarded, and
    the answers to their questions in the order in which they came.
    """

    plan: Plan
    heard: list[Heard] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)
    forwarded: dict[str, int] = field(default_factory=dict)
    answers: dict[tuple[int, str], list[tuple[int, str]]] = field(default_factory=dict)


class Player:
    """A service, with all its consumers."""

    def __init__(self, name: str, notebook: Notebook) -> None:
        """Register the handlers."""
        self._name, self._notes, self._plan = name, notebook, notebook.plan
        desk, clerk, replies = Consumer(), Consumer(), Consumer()
        self.consumers = {
            f"{name}.desk": desk,
            f"{name}.clerk": clerk,
            f"{name}.replies": replies,
        }
        desk.on(Ask)(self._noted("desk", self._asked_by_command))
        desk.on(Note)(self._noted("desk", self._pass_on))
        desk.on(Work)(self._noted("desk", self._go_on))
        desk.on(CARRIED[name])(self._noted("desk", self._go_on))
        for other in NAMES:
            desk.on(NEWS[other])(self._noted("desk", lambda *_: None))
            desk.on(ASKED[other])(self._noted("desk", self._asked("desk")))
            clerk.on(ASKED[other])(self._noted("clerk", self._asked("clerk")))
            replies.on(ANSWERED[other])(self._noted("replies", self._answered))

    def _noted(self, consumer: str, handle: Callable[..., Event | None]) -> Any:
        def note(message: Any, context: Context) -> Event | None:
            self._notes.heard.append(
                Heard(
                    at=f"{self._name}.{consumer}",
                    tag=message.msg_tag,
                    question=message.question,
                    by=getattr(message, "by", ""),
                    id=context.message_id,
                    in_reply_to=context.in_reply_to,
                    from_service=context.from_service,
                    request_service=context.request_service,
                )
            )
            return handle(message, context)

        return note

    def _asked_by_command(self, message: Ask, context: Context) -> Event | None:
        done = self._notes.forwarded.get(context.message_id, 0)
        question = self._plan.asked[message.question].question
        ((by, _),) = question.parts.items()
        stations = (*question.via, service_of(by))
        if done == len(stations) - 1:
            return self._begin(message.question, by, context)
        self._notes.forwarded[context.forward(to=stations[done + 1])] = done + 1
        return None

    def _asked(self, consumer: str) -> Callable[[Told, Context], Event | None]:
        by = f"{self._name}.{consumer}"

        def take_up(message: Told, context: Context) -> Event | None:
            if self._plan.part(message.question, by) is None:
                return None
            return self._begin(message.question, by, context)

        return take_up

    def _pass_on(self, message: Note, context: Context) -> None:
        context.publish(NEWS[self._name](question=message.question))

    def _go_on(self, message: Work | Told, context: Context) -> Event | None:
        return self._ask_and_answer(message.question, message.by, context)

    def _begin(self, number: int, by: str, context: Context) -> Event | None:
        part = self._plan.part(number, by)
        assert part is not None
        for each in part.noise:
            self._make_noise(each, number, context)
        match part.hand_over:
            case "queue":
                context.enqueue(Work(question=number, by=by))
            case "event":
                context.publish(CARRIED[self._name](question=number, by=by))
            case _:
                return self._ask_and_answer(number, by, context)
        return None

    def _make_noise(self, noise: str, number: int, context: Context) -> None:
        if noise == "news":
            context.publish(NEWS[self._name](question=number))
        else:
            context.send(Note(question=number), to=noise)

    def _ask_and_answer(self, number: int, by: str, context: Context) -> Event | None:
        part = self._plan.part(number, by)
        assert part is not None
        children = self._plan.children(number, by)
        for child in children[:1] if part.in_turn else children:
            self._ask(child, context)
        return self._answer(number, by, context) if part.enough == 0 else None

    def _ask(self, number: int, context: Context) -> None:
        question = self._plan.asked[number].question
        if question.published:
            id_ = context.publish_request(
                ASKED[self._name](question=number),
                expected_replies=len(question.parts),
                timeout=_LIMIT,
            )
        else:
            first = (*question.via, *map(service_of, question.parts))[0]
            limit = _LIMIT if question.limited else None
            id_ = context.request(Ask(question=number), to=first, timeout=limit)
        assert self._notes.ids.setdefault(number, id_) == id_, (
            "a handler that repeats says the same"
        )

    def _answered(self, message: Told, context: Context) -> Event | None:
        number, by = self._plan.asked[message.question].part_of
        part = self._plan.part(number, by)
        assert part is not None
        answers = self._notes.answers.setdefault((number, by), [])
        this = (message.question, message.by)
        if this not in answers:
            answers.append(this)
        children = self._plan.children(number, by)
        following = children[children.index(message.question) + 1 :]
        first = next(each for each in answers if each[0] == message.question)
        if part.in_turn and first == this and following:
            self._ask(following[0], context)
        enough = answers.index(this) + 1 == part.enough
        return self._answer(number, by, context) if enough else None

    def _answer(self, number: int, by: str, context: Context) -> Event | None:
        part = self._plan.part(number, by)
        assert part is not None
        answer = ANSWERED[self._name](question=number, by=by)
        if part.returns or number == 0:
            return answer
        context.reply(answer)
        return None
