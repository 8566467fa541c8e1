"""Where each verb's message arrives, and what it carries."""

from typing import Any

import pytest

from contracts import RequestTimedOut
from messaging import NoReplyExpected
from messaging.sending.outgoing import derived_id
from messaging.testing import ConsumerHarness, Message
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Calls, without_delays
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.sending_service import (
    NOBODY_WAITS,
    OF_APIS,
    VERBS,
    WAITING,
    PackOrder,
    arrived,
    attribute,
    header_of,
    say_in_api,
    say_in_handler,
    sayings,
)

handler_verbs = pytest.mark.parametrize("verb", VERBS)
api_verbs = pytest.mark.parametrize("verb", OF_APIS)
PUSHING = ("request", "publish_request")


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sayings()


def one(harness: ConsumerHarness, verb: str) -> Message:
    """Return the one message that arrived, which is where the verb sends it."""
    ((where, (message,)),) = arrived(harness).items()
    assert where == VERBS[verb][0]
    return message


@handler_verbs
def test_a_handlers_message_arrives_where_the_verb_says(
    harness: ConsumerHarness, verb: str
) -> None:
    id_ = say_in_handler(VERBS[verb][1], WAITING)

    message = one(harness, verb)
    assert message.id == id_
    assert attribute(message, "fromService") == "Test"
    where = {"MsgOut": "OrderPacked", "MsgIn": "PackOrder", "queue": "CheckOrder"}
    assert message.tag == where[VERBS[verb][0]]


@api_verbs
def test_an_apis_message_arrives_where_the_verb_says(harness: ConsumerHarness, verb: str) -> None:
    id_ = say_in_api(OF_APIS[verb][1])

    message = one(harness, verb)
    assert message.id == id_
    assert attribute(message, "fromService") == "Test"


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in PUSHING])
def test_who_waits_travels_with_whatever_a_handler_says(
    harness: ConsumerHarness, verb: str
) -> None:
    say_in_handler(VERBS[verb][1], WAITING)

    message = one(harness, verb)
    assert attribute(message, "requestService") == "Shop"
    header = header_of(message)
    assert (header["requestservices"], header["requestids"]) == (["Shop"], ["asked"])


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in (*PUSHING, "reply")])
def test_where_nobody_waits_nobody_is_named(harness: ConsumerHarness, verb: str) -> None:
    say_in_handler(VERBS[verb][1], NOBODY_WAITS)

    message = one(harness, verb)
    assert attribute(message, "requestService") is None
    assert not {"requestservices", "requestids", "replyto"} & set(header_of(message))


@pytest.mark.parametrize("verb", PUSHING)
def test_who_asks_waits_before_those_who_wait_already(harness: ConsumerHarness, verb: str) -> None:
    id_ = say_in_handler(VERBS[verb][1], WAITING)

    message = one(harness, verb)
    assert attribute(message, "requestService") == "Test"
    header = header_of(message)
    assert (header["requestservices"], header["requestids"]) == (["Shop", "Test"], ["asked", id_])


@api_verbs
def test_an_api_waits_for_the_answer_to_what_it_asks(harness: ConsumerHarness, verb: str) -> None:
    id_ = say_in_api(OF_APIS[verb][1])

    message = one(harness, verb)
    header = header_of(message)
    waits = (["Test"], [id_]) if verb in PUSHING else (None, None)
    assert (header.get("requestservices"), header.get("requestids")) == waits
    assert attribute(message, "requestService") == ("Test" if verb in PUSHING else None)


@handler_verbs
def test_a_handlers_message_names_its_cause_and_its_conversation(
    harness: ConsumerHarness, verb: str
) -> None:
    say_in_handler(VERBS[verb][1], WAITING)

    message = one(harness, verb)
    header = header_of(message)
    assert header["time"]
    assert header["source"] == "/test/Test"
    assert (header["type"], header["dataschema"]) == (message.tag, f"{message.tag}/1")
    assert (header["correlationid"], header["causationid"], header["hops"]) == ("c", "m", 4)


@api_verbs
def test_an_apis_message_begins_a_conversation(harness: ConsumerHarness, verb: str) -> None:
    say_in_api(OF_APIS[verb][1])

    header = header_of(one(harness, verb))
    assert header["correlationid"] == "c"
    assert not {"causationid", "hops"} & set(header)


def test_only_a_reply_says_what_it_answers_and_who_does(harness: ConsumerHarness) -> None:
    for verb in VERBS:
        say_in_handler(VERBS[verb][1], WAITING)
        header = header_of(one(harness, verb))
        reply = ("asked", "Test.work") if verb == "reply" else (None, None)
        assert (header.get("replyto"), header.get("responder")) == reply


def test_an_answer_goes_to_the_one_who_waits_last(harness: ConsumerHarness) -> None:
    header = Header(id="m", requestservices=("Shop", "Till"), requestids=("1", "2"))

    say_in_handler(lambda context: context.reply(OrderPacked(id="1")), header)

    answer = one(harness, "reply")
    assert attribute(answer, "requestService") == "Till"
    assert header_of(answer)["replyto"] == "2"


def test_a_reply_where_nobody_waits_is_an_error(harness: ConsumerHarness) -> None:
    def reply(context: Any) -> None:
        with pytest.raises(NoReplyExpected, match="publish the event instead"):
            context.reply(OrderPacked(id="1"))

    say_in_handler(reply, NOBODY_WAITS)
    say_in_api(reply)

    assert arrived(harness) == {}


def test_a_handler_knows_who_waits(harness: ConsumerHarness) -> None:
    waits = [
        say_in_handler(lambda context: context.request_service, header)
        for header in (WAITING, NOBODY_WAITS)
    ]

    assert waits == ["Shop", None]
    assert say_in_api(lambda context: (context.request_service, context.correlation_id)) == (
        None,
        "c",
    )


# Time limits.


@pytest.mark.parametrize("verb", ["request", "publish_request"])
@pytest.mark.parametrize("say", [say_in_handler, say_in_api])
def test_the_time_out_of_a_request_comes_to_the_service_itself(
    harness: ConsumerHarness, verb: str, say: Any
) -> None:
    asks = {
        "request": lambda context: context.request(PackOrder(), to="Warehouse", timeout=60),
        "publish_request": lambda context: context.publish_request(
            OrderPacked(id="1"), expected_replies=2, timeout=60
        ),
    }
    without_delays()

    id_ = say(asks[verb])

    found = arrived(harness)
    (asked,) = found[VERBS[verb][0]]
    (notice,) = found["queue"]
    told = notice.read(RequestTimedOut)
    assert (told.request_id, told.request_tag, told.timeout) == (id_, asked.tag, 60)
    assert bytes(told.request).decode() == asked["Body"]
    assert notice.id == derived_id(id_, "timed out") != id_


def test_who_hears_of_a_time_limit_answers_those_who_waited_before(
    harness: ConsumerHarness,
) -> None:
    without_delays()

    say_in_handler(
        lambda context: context.request(PackOrder(), to="Warehouse", timeout=60), WAITING
    )

    (notice,) = arrived(harness)["queue"]
    assert attribute(notice, "requestService") == "Shop"
    header = header_of(notice)
    assert (header["requestservices"], header["requestids"]) == (["Shop"], ["asked"])
    assert (header["correlationid"], header["causationid"], header["hops"]) == ("c", "m", 4)


@pytest.mark.parametrize(
    ("timeout", "delay"), [(60, 60), (0.4, 1), (1.2, 2), (900, 900), (86_400, 900)]
)
def test_a_time_out_comes_no_sooner_than_its_time(
    harness: ConsumerHarness, timeout: float, delay: int
) -> None:
    calls = Calls("sqs")

    say_in_handler(lambda context: context.request(PackOrder(), to="Warehouse", timeout=timeout))

    ((notice,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))
    assert notice["DelaySeconds"] == delay


@pytest.mark.parametrize("timeout", [30 * 86_400 + 1, float("inf"), float("nan")])
def test_a_time_limit_that_no_queue_keeps_is_refused(
    harness: ConsumerHarness, timeout: float
) -> None:
    def ask(context: Any) -> None:
        with pytest.raises(ValueError, match=r"seconds from 0 to 2592000 \(30 days\)"):
            context.request(PackOrder(), to="Warehouse", timeout=timeout)

    say_in_handler(ask)
    say_in_api(ask)

    assert arrived(harness) == {}


def test_a_published_request_without_answers_is_refused(harness: ConsumerHarness) -> None:
    def ask(context: Any) -> None:
        with pytest.raises(ValueError, match="answers is 0; publish what nobody answers"):
            context.publish_request(OrderPacked(id="1"), expected_replies=0, timeout=60)

    say_in_handler(ask)

    assert arrived(harness) == {}
