"""In any tree of requests each reply reaches its requester exactly once.

Three services that may all send requests to each other and to themselves carry out plans that
hypothesis draws: see `conversations/`.
"""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from tests.unit.messaging.conversations.conversation import Conversation
from tests.unit.messaging.conversations.plans import Plan, plans
from tests.unit.messaging.conversations.services import service_of
from tests.unit.messaging.invariant.profiles import LONG

DEEPEST = 6
# For each depth.
EXAMPLES = 16 * (10 if LONG else 1)


@pytest.mark.timeout(3_600)  # Shrinking a failing example takes its time.
def test_in_any_tree_of_requests_each_reply_reaches_its_requester_exactly_once() -> None:
    seen: Counter[str] = Counter()

    for depth in range(DEEPEST + 1):
        run_many(depth, seen)

    missing = set(FEATURES) - set(seen)
    assert missing == set(), f"never drawn, so not tested; drawn were {seen}"


def run_many(depth: int, seen: Counter[str]) -> None:
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
    def run(plan: Plan, order: int, copies: bool) -> None:
        conversation = Conversation(plan, order=order, copies=copies)
        check_replies(conversation)
        check_stacks(conversation)
        check_contexts(conversation)
        check_ids(conversation)
        seen.update(features(conversation))

    run()


def check_replies(conversation: Conversation) -> None:
    """Each reply reached its requester once, naming the request, and no other service."""
    received = {(each.number, each.by, each.id) for each in conversation.replies()}
    assert sorted((number, by) for number, by, _ in received) == sorted(conversation.plan.replies())
    for reply in conversation.replies():
        assert service_of(reply.at) == conversation.plan.requests[reply.number].requester
        assert reply.in_reply_to == conversation.id_of(reply.number)
    for message in conversation.sent:
        receivers = [each for each in message.to if each.endswith(".replies")]
        is_reply = message.tag.startswith("Reply") and message.number > 0
        assert len(receivers) == (1 if is_reply else 0)


def check_stacks(conversation: Conversation) -> None:
    """Every message carries the services that wait, the innermost one as an attribute; after the
    last reply none waits.
    """
    for message in conversation.sent:
        services, ids = conversation.stack_of(message)
        assert (message.header.requestservices, message.header.requestids) == (services, ids)
        assert message.text("requestService") == (services[-1] if services else None)
        is_reply = message.tag.startswith("Reply") and services
        assert message.header.replyto == (ids[-1] if is_reply else None)
    results = [
        each for each in conversation.sent if each.tag.startswith("Reply") and each.number == 0
    ]
    assert len({each.header.id for each in results}) == 1
    assert {each.header.requestservices for each in results} == {()}


def check_contexts(conversation: Conversation) -> None:
    """A context names the service that gets the next reply: after a reply to its own request, and
    after news of another service meanwhile, the next one.
    """
    for handled in conversation.handled:
        services, _ = conversation.stack(handled.number)
        here = service_of(handled.at)
        of_others = handled.tag.startswith("News") and handled.from_service != here
        if services[-1:] == (here,) and (of_others or handled.tag.startswith("Reply")):
            services = services[:-1]
        assert handled.request_service == (services[-1] if services else None)
        assert (handled.in_reply_to is not None) == handled.tag.startswith("Reply")


def check_ids(conversation: Conversation) -> None:
    """All messages share one correlation id; causes lead back to the first one, a hop each."""
    causes = {each.header.id: each.header.causationid for each in conversation.sent}
    for message in conversation.sent:
        assert message.header.correlationid == conversation.id
        hops, cause = 0, message.header.id
        while cause != conversation.id:
            hops, cause = hops + 1, causes[cause] or ""
        assert message.header.hops == hops


FEATURES = (
    *(f"{depth} deep" for depth in range(DEEPEST + 1)),
    *(
        "requests itself",
        "sends several requests at once",
        "sends one request after the other",
        "requests again within",
    ),
    *("published", "received by the requester", "several reply", "forwarded", "has a time limit"),
    *(
        "replies before all have",
        "hands over by queue",
        "hands over by event",
        "returns its reply",
    ),
    *("sends a note", "announces news", "received twice"),
)


def features(conversation: Conversation) -> set[str]:
    """Return the features of a conversation."""
    requests = conversation.plan.requests[1:]
    parts = [
        (by, part) for each in conversation.plan.requests for by, part in each.request.parts.items()
    ]
    marks = {
        f"{max((len(each.open) for each in requests), default=0)} deep": True,
        "requests itself": any(
            each.requester == service_of(by) for each in requests for by in each.request.parts
        ),
        "sends several requests at once": any(
            len(p.requests) > 1 and not p.in_turn for _, p in parts
        ),
        "sends one request after the other": any(
            len(p.requests) > 1 and p.in_turn for _, p in parts
        ),
        "requests again within": any(
            len({conversation.plan.requests[n].requester for n in each.open}) < len(each.open)
            for each in requests
        ),
        "published": any(each.request.published for each in requests),
        "received by the requester": any(
            f"{each.requester}.desk" in each.request.parts and each.request.published
            for each in requests
        ),
        "several reply": any(len(each.request.parts) > 1 for each in requests),
        "forwarded": any(each.request.via for each in requests),
        "has a time limit": any(each.tag == "RequestTimedOut" for each in conversation.sent),
        "replies before all have": any(part.enough < part.expected for _, part in parts),
        "hands over by queue": any(part.hand_over == "queue" for _, part in parts),
        "hands over by event": any(part.hand_over == "event" for _, part in parts),
        "returns its reply": any(part.returns for _, part in parts),
        "sends a note": any(each.tag == "Note" for each in conversation.sent),
        "announces news": any(each.tag.startswith("News") for each in conversation.sent),
        "received twice": len({(each.id, each.at) for each in conversation.handled})
        < len(conversation.handled),
    }
    return {name for name, there in marks.items() if there}
