"""Any tree of requests and replies returns each answer to the one who asked, exactly once.

Three services that may all ask each other and themselves play what hypothesis draws: see `talks/`.
"""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from tests.unit.messaging.conversations.conversation import Talk
from tests.unit.messaging.conversations.plans import Plan, plans
from tests.unit.messaging.conversations.services import service_of
from tests.unit.messaging.invariant.profiles import LONG

DEEPEST = 6
# For each depth.
EXAMPLES = 16 * (10 if LONG else 1)


@pytest.mark.timeout(3_600)  # Making a failing example small takes its time.
def test_any_tree_of_requests_returns_each_answer_to_the_one_who_asked_exactly_once() -> None:
    seen: Counter[str] = Counter()

    for depth in range(DEEPEST + 1):
        play_many(depth, seen)

    missing = set(FEATURES) - set(seen)
    assert missing == set(), f"never drawn, so not tested; drawn were {seen}"


def play_many(depth: int, seen: Counter[str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=not LONG,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(plan=plans(depth), order=st.integers(0, 1_000), copies=st.booleans())
    def play(plan: Plan, order: int, copies: bool) -> None:
        talk = Talk(plan, order=order, copies=copies)
        check_answers(talk)
        check_stacks(talk)
        check_contexts(talk)
        check_ids(talk)
        seen.update(features(talk))

    play()


def check_answers(talk: Talk) -> None:
    """Each answer came to the one who asked, once, naming the request; and to nobody else."""
    came = {(each.question, each.by, each.id) for each in talk.answers()}
    assert sorted((question, by) for question, by, _ in came) == sorted(talk.plan.answers())
    for answer in talk.answers():
        assert service_of(answer.at) == talk.plan.asked[answer.question].asker
        assert answer.in_reply_to == talk.id_of(answer.question)
    for message in talk.sent:
        who_hear = [each for each in message.to if each.endswith(".replies")]
        answers_somebody = message.tag.startswith("Answered") and message.question > 0
        assert len(who_hear) == (1 if answers_somebody else 0)


def check_stacks(talk: Talk) -> None:
    """Every message carries those who wait, the innermost as an attribute; after the last answer
    nobody waits.
    """
    for message in talk.sent:
        services, ids = talk.stack_of(message)
        assert (message.header.requestservices, message.header.requestids) == (services, ids)
        assert message.text("requestService") == (services[-1] if services else None)
        answers_somebody = message.tag.startswith("Answered") and services
        assert message.header.replyto == (ids[-1] if answers_somebody else None)
    results = [each for each in talk.sent if each.tag.startswith("Answered") and each.question == 0]
    assert len({each.header.id for each in results}) == 1
    assert {each.header.requestservices for each in results} == {()}


def check_contexts(talk: Talk) -> None:
    """A handler sees who waits for its answer: after an answer to its own question, and after news
    on the way to that, the next one.
    """
    for heard in talk.heard:
        services, _ = talk.stack(heard.question)
        here = service_of(heard.at)
        of_others = heard.tag.startswith("News") and heard.from_service != here
        if services[-1:] == (here,) and (of_others or heard.tag.startswith("Answered")):
            services = services[:-1]
        assert heard.request_service == (services[-1] if services else None)
        assert (heard.in_reply_to is not None) == heard.tag.startswith("Answered")


def check_ids(talk: Talk) -> None:
    """All share one correlation id; causes lead back to the first message, a hop each."""
    causes = {each.header.id: each.header.causationid for each in talk.sent}
    for message in talk.sent:
        assert message.header.correlationid == talk.id
        hops, cause = 0, message.header.id
        while cause != talk.id:
            hops, cause = hops + 1, causes[cause] or ""
        assert message.header.hops == hops


FEATURES = (
    *(f"{depth} deep" for depth in range(DEEPEST + 1)),
    *("asks itself", "asks several at once", "asks one after the other", "asks again within"),
    *("published", "heard by the one who asks", "several answer", "forwarded", "has a time limit"),
    *(
        "answers before all have",
        "hands over by queue",
        "hands over by event",
        "returns its answer",
    ),
    *("sends a note", "announces news", "comes twice"),
)


def features(talk: Talk) -> set[str]:
    """Return what a talk is an example of."""
    asked = talk.plan.asked[1:]
    parts = [(by, part) for each in talk.plan.asked for by, part in each.question.parts.items()]
    marks = {
        f"{max((len(each.open) for each in asked), default=0)} deep": True,
        "asks itself": any(
            each.asker == service_of(by) for each in asked for by in each.question.parts
        ),
        "asks several at once": any(len(p.questions) > 1 and not p.in_turn for _, p in parts),
        "asks one after the other": any(len(p.questions) > 1 and p.in_turn for _, p in parts),
        "asks again within": any(
            len({talk.plan.asked[n].asker for n in each.open}) < len(each.open) for each in asked
        ),
        "published": any(each.question.published for each in asked),
        "heard by the one who asks": any(
            f"{each.asker}.desk" in each.question.parts and each.question.published
            for each in asked
        ),
        "several answer": any(len(each.question.parts) > 1 for each in asked),
        "forwarded": any(each.question.via for each in asked),
        "has a time limit": any(each.tag == "RequestTimedOut" for each in talk.sent),
        "answers before all have": any(part.enough < part.hoped_for for _, part in parts),
        "hands over by queue": any(part.hand_over == "queue" for _, part in parts),
        "hands over by event": any(part.hand_over == "event" for _, part in parts),
        "returns its answer": any(part.returns for _, part in parts),
        "sends a note": any(each.tag == "Note" for each in talk.sent),
        "announces news": any(each.tag.startswith("News") for each in talk.sent),
        "comes twice": len({(each.id, each.at) for each in talk.heard}) < len(talk.heard),
    }
    return {name for name, there in marks.items() if there}
