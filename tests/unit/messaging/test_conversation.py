"""Where the message of each sending method arrives, and what it carries."""

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
    API_METHODS,
    METHODS,
    NO_REPLY_EXPECTED,
    REPLY_EXPECTED,
    PackOrder,
    arrived,
    attribute,
    header_of,
    send_in_api,
    send_in_handler,
    sending_harness,
)

handler_methods = pytest.mark.parametrize("method", METHODS)
api_methods = pytest.mark.parametrize("method", API_METHODS)
REQUESTS = ("request", "publish_request")


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sending_harness()


def one(harness: ConsumerHarness, method: str) -> Message:
    """Return the one message that arrived, after checking where."""
    ((where, (message,)),) = arrived(harness).items()
    assert where == METHODS[method][0]
    return message


@handler_methods
def test_a_handlers_message_arrives_at_the_address_of_its_method(
    harness: ConsumerHarness, method: str
) -> None:
    id_ = send_in_handler(METHODS[method][1], REPLY_EXPECTED)

    message = one(harness, method)
    assert message.id == id_
    assert attribute(message, "fromService") == "Test"
    where = {"MsgOut": "OrderPacked", "MsgIn": "PackOrder", "queue": "CheckOrder"}
    assert message.tag == where[METHODS[method][0]]


@api_methods
def test_an_apis_message_arrives_at_the_address_of_its_method(
    harness: ConsumerHarness, method: str
) -> None:
    id_ = send_in_api(API_METHODS[method][1])

    message = one(harness, method)
    assert message.id == id_
    assert attribute(message, "fromService") == "Test"


@pytest.mark.parametrize("method", [method for method in METHODS if method not in REQUESTS])
def test_the_service_that_waits_travels_with_every_message_of_a_handler(
    harness: ConsumerHarness, method: str
) -> None:
    send_in_handler(METHODS[method][1], REPLY_EXPECTED)

    message = one(harness, method)
    assert attribute(message, "requestService") == "Shop"
    header = header_of(message)
    assert (header["requestservices"], header["requestids"]) == (["Shop"], ["request"])


@pytest.mark.parametrize(
    "method", [method for method in METHODS if method not in (*REQUESTS, "reply")]
)
def test_if_no_service_waits_none_is_named(harness: ConsumerHarness, method: str) -> None:
    send_in_handler(METHODS[method][1], NO_REPLY_EXPECTED)

    message = one(harness, method)
    assert attribute(message, "requestService") is None
    assert not {"requestservices", "requestids", "replyto"} & set(header_of(message))


@pytest.mark.parametrize("method", REQUESTS)
def test_a_request_is_on_top_of_the_services_that_wait(
    harness: ConsumerHarness, method: str
) -> None:
    id_ = send_in_handler(METHODS[method][1], REPLY_EXPECTED)

    message = one(harness, method)
    assert attribute(message, "requestService") == "Test"
    header = header_of(message)
    assert (header["requestservices"], header["requestids"]) == (["Shop", "Test"], ["request", id_])


@api_methods
def test_an_api_waits_for_the_reply_to_its_request(harness: ConsumerHarness, method: str) -> None:
    id_ = send_in_api(API_METHODS[method][1])

    message = one(harness, method)
    header = header_of(message)
    expected = (["Test"], [id_]) if method in REQUESTS else (None, None)
    assert (header.get("requestservices"), header.get("requestids")) == expected
    assert attribute(message, "requestService") == ("Test" if method in REQUESTS else None)


@handler_methods
def test_a_handlers_message_names_its_cause_and_its_conversation(
    harness: ConsumerHarness, method: str
) -> None:
    send_in_handler(METHODS[method][1], REPLY_EXPECTED)

    message = one(harness, method)
    header = header_of(message)
    assert header["time"]
    assert header["source"] == "/test/Test"
    assert (header["type"], header["dataschema"]) == (message.tag, f"{message.tag}/1")
    assert (header["correlationid"], header["causationid"], header["hops"]) == ("c", "m", 4)


@api_methods
def test_an_apis_message_begins_a_conversation(harness: ConsumerHarness, method: str) -> None:
    send_in_api(API_METHODS[method][1])

    header = header_of(one(harness, method))
    assert header["correlationid"] == "c"
    assert not {"causationid", "hops"} & set(header)


def test_only_a_reply_names_its_request_and_its_responder(harness: ConsumerHarness) -> None:
    for method in METHODS:
        send_in_handler(METHODS[method][1], REPLY_EXPECTED)
        header = header_of(one(harness, method))
        reply = ("request", "Test.work") if method == "reply" else (None, None)
        assert (header.get("replyto"), header.get("responder")) == reply


def test_a_reply_goes_to_the_last_service_that_waits(harness: ConsumerHarness) -> None:
    header = Header(id="m", requestservices=("Shop", "Till"), requestids=("1", "2"))

    send_in_handler(lambda context: context.reply(OrderPacked(id="1")), header)

    reply = one(harness, "reply")
    assert attribute(reply, "requestService") == "Till"
    assert header_of(reply)["replyto"] == "2"


def test_a_reply_without_a_service_that_waits_is_an_error(harness: ConsumerHarness) -> None:
    def reply(context: Any) -> None:
        with pytest.raises(NoReplyExpected, match="publish the event instead"):
            context.reply(OrderPacked(id="1"))

    send_in_handler(reply, NO_REPLY_EXPECTED)
    send_in_api(reply)

    assert arrived(harness) == {}


def test_the_context_names_the_service_that_waits(harness: ConsumerHarness) -> None:
    expected = [
        send_in_handler(lambda context: context.request_service, header)
        for header in (REPLY_EXPECTED, NO_REPLY_EXPECTED)
    ]

    assert expected == ["Shop", None]
    assert send_in_api(lambda context: (context.request_service, context.correlation_id)) == (
        None,
        "c",
    )


# Time limits.


@pytest.mark.parametrize("method", ["request", "publish_request"])
@pytest.mark.parametrize("send", [send_in_handler, send_in_api])
def test_the_time_out_of_a_request_goes_to_the_service_itself(
    harness: ConsumerHarness, method: str, send: Any
) -> None:
    requests = {
        "request": lambda context: context.request(PackOrder(), to="Warehouse", timeout=60),
        "publish_request": lambda context: context.publish_request(
            OrderPacked(id="1"), expected_replies=2, timeout=60
        ),
    }
    without_delays()

    id_ = send(requests[method])

    found = arrived(harness)
    (request_message,) = found[METHODS[method][0]]
    (notice,) = found["queue"]
    time_out = notice.read(RequestTimedOut)
    assert (time_out.request_id, time_out.request_tag, time_out.timeout) == (
        id_,
        request_message.tag,
        60,
    )
    assert bytes(time_out.request).decode() == request_message["Body"]
    assert notice.id == derived_id("timed out", request_message.tag, "/test/Test", id_) != id_


def test_a_time_out_carries_the_services_that_waited_before(
    harness: ConsumerHarness,
) -> None:
    without_delays()

    send_in_handler(
        lambda context: context.request(PackOrder(), to="Warehouse", timeout=60), REPLY_EXPECTED
    )

    (notice,) = arrived(harness)["queue"]
    assert attribute(notice, "requestService") == "Shop"
    header = header_of(notice)
    assert (header["requestservices"], header["requestids"]) == (["Shop"], ["request"])
    assert (header["correlationid"], header["causationid"], header["hops"]) == ("c", "m", 4)


@pytest.mark.parametrize(
    ("timeout", "delay"), [(60, 60), (0.4, 1), (1.2, 2), (900, 900), (86_400, 900)]
)
def test_a_time_out_is_not_received_early(
    harness: ConsumerHarness, timeout: float, delay: int
) -> None:
    calls = Calls("sqs")

    send_in_handler(lambda context: context.request(PackOrder(), to="Warehouse", timeout=timeout))

    ((notice,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))
    assert notice["DelaySeconds"] == delay


@pytest.mark.parametrize("timeout", [30 * 86_400 + 1, float("inf"), float("nan")])
def test_a_time_limit_out_of_range_is_refused(harness: ConsumerHarness, timeout: float) -> None:
    def request(context: Any) -> None:
        with pytest.raises(ValueError, match=r"seconds from 0 to 2592000 \(30 days\)"):
            context.request(PackOrder(), to="Warehouse", timeout=timeout)

    send_in_handler(request)
    send_in_api(request)

    assert arrived(harness) == {}


def test_a_published_request_without_replies_is_refused(harness: ConsumerHarness) -> None:
    def request(context: Any) -> None:
        with pytest.raises(
            ValueError, match="expected_replies is 0; it must be at least 1, or use `publish`"
        ):
            context.publish_request(OrderPacked(id="1"), expected_replies=0, timeout=60)

    send_in_handler(request)

    assert arrived(harness) == {}
