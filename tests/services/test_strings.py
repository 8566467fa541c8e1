"""Requestor and Generator, each alone and together."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from contracts.generator import GenerateString, StringGenerated
from contracts.requestor import AskString, RequestString
from generator import failures, strings as generated
from messaging import Reject
from messaging.errors import PublishFailed
from messaging.sending import publisher
from requestor import strings
from systems.strings import system
from tests.services.moto_system import Configure, MotoSystem, lambda_of

Deploy = Callable[[str], Any]

REQUESTS, ANSWERS = "Generator.requests", "Requestor.answers"
ID = "the-id"
STRING = hashlib.sha256(ID.encode()).hexdigest()
ANSWER = StringGenerated(id=ID, string=STRING[:8])


@pytest.fixture
def moto(mocked_aws: None, configure: Configure) -> Iterator[MotoSystem]:
    made = MotoSystem(system, configure)
    with lambda_of(made):
        yield made


@pytest.fixture
def broken_sending() -> Iterator[pytest.MonkeyPatch]:
    """Break what an API sends; undo() repairs it."""

    def send_now(message: object) -> None:
        raise PublishFailed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publisher, "send_now", send_now)
        yield patch


def ask(moto: MotoSystem, **body: Any) -> Any:
    """Request a string and return its id."""
    status, answer = moto.request("Requestor", "POST /request-string", {"length": 8, **body})
    assert status == 202
    assert set(answer) == {"id"}
    return answer["id"]


def show(moto: MotoSystem, id_: str) -> Any:
    status, answer = moto.request("Requestor", "GET /strings/{id}", id=id_)
    assert status == 200
    return answer


def status_at_generator(moto: MotoSystem, id_: str) -> Any:
    return moto.rows("Generator", "strings").get(id_, {}).get("status")


def test_a_string_is_requested_generated_stored_and_received(moto: MotoSystem) -> None:
    id_ = ask(moto, length=12)
    assert show(moto, id_) == {"id": id_, "status": "requested"}
    moto.deliver(REQUESTS)
    assert status_at_generator(moto, id_) == "generated"
    moto.deliver(ANSWERS)
    string = moto.rows("Generator", "strings")[id_]["string"]
    assert show(moto, id_) == {"id": id_, "status": "stored", "string": string}
    moto.deliver(REQUESTS)
    assert status_at_generator(moto, id_) == "received"
    assert len(string) == 12


def test_handlers_that_all_run_twice_leave_what_one_run_leaves(moto: MotoSystem) -> None:
    ids = [ask(moto, length=length) for length in (1, 64)]
    moto.run(copies=2)
    for side, end in (("Requestor", "stored"), ("Generator", "received")):
        rows = moto.rows(side, "strings")
        assert {id_: (len(rows[id_]["string"]), rows[id_]["status"]) for id_ in rows} == {
            ids[0]: (1, end),
            ids[1]: (64, end),
        }
    assert not moto.dead_letters(REQUESTS)
    assert not moto.dead_letters(ANSWERS)


def test_either_side_may_be_away_meanwhile(moto: MotoSystem) -> None:
    ids = [ask(moto) for _ in range(3)]
    assert moto.deliver(ANSWERS) == 0
    assert moto.deliver(REQUESTS) == 3
    ids += [ask(moto) for _ in range(2)]
    moto.run()
    assert {show(moto, id_)["status"] for id_ in ids} == {"stored"}
    assert {status_at_generator(moto, id_) for id_ in ids} == {"received"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "length"),
        ({"length": 0}, "length"),
        ({"length": 65}, "length"),
        ({"length": "8"}, "length"),
        ({"length": 8, "fail_times": -1}, "fail_times"),
        ({"length": 8, "timeout": 0.5}, "timeout"),
        ({"length": 8, "timeout": 86_401}, "timeout"),
        ({"length": 8, "colour": "white"}, "colour"),
    ],
)
def test_a_request_that_is_wrong_is_refused_and_leaves_nothing(
    moto: MotoSystem, body: dict[str, Any], field: str
) -> None:
    status, answer = moto.request("Requestor", "POST /request-string", body)
    assert status == 400
    assert answer["errors"][0]["field"] == field
    assert moto.rows("Requestor", "strings") == {}
    assert moto.waiting(REQUESTS) == []


def test_a_string_that_nobody_asked_for_is_not_found(moto: MotoSystem) -> None:
    assert moto.request("Requestor", "GET /strings/{id}", id="nowhere")[0] == 404


def test_the_same_request_with_the_same_key_is_one_string(moto: MotoSystem) -> None:
    body = {"length": 8, "timeout": 60}
    answers = [moto.request("Requestor", "POST /request-string", body, key="key") for _ in range(2)]
    moto.run()
    answers.append(moto.request("Requestor", "POST /request-string", body, key="key"))
    moto.run()
    assert answers == [answers[0]] * 3
    (row,) = moto.rows("Requestor", "strings").values()
    assert row["status"] == "stored"
    assert len(moto.rows("Generator", "strings")) == 1


@pytest.mark.parametrize("route", ["POST /request-string", "POST /ask-string"])
def test_a_request_that_comes_again_with_its_key_sends_the_same_message(
    moto: MotoSystem, route: str
) -> None:
    for _ in range(2):
        moto.request("Requestor", route, {"length": 8}, key="key")
    first, second = moto.waiting(REQUESTS)
    assert first.id == second.id


@pytest.mark.parametrize("route", ["POST /request-string", "POST /ask-string"])
def test_a_key_used_for_another_request_is_refused(moto: MotoSystem, route: str) -> None:
    assert moto.request("Requestor", route, {"length": 8}, key="key")[0] < 300
    before = moto.rows("Requestor", "strings")
    assert moto.request("Requestor", route, {"length": 9}, key="key")[0] == 422
    assert moto.rows("Requestor", "strings") == before


def test_one_key_may_serve_two_kinds_of_requests(moto: MotoSystem) -> None:
    for route in ("POST /request-string", "POST /ask-string"):
        assert moto.request("Requestor", route, {"length": 8}, key="key")[0] < 300
    assert len(moto.rows("Requestor", "strings")) == 2


def test_with_a_key_the_clients_retry_sends_a_request_that_could_not_leave(
    moto: MotoSystem, broken_sending: pytest.MonkeyPatch
) -> None:
    body = {"length": 8}
    assert moto.request("Requestor", "POST /request-string", body, key="key")[0] == 503
    broken_sending.undo()
    _, answer = moto.request("Requestor", "POST /request-string", body, key="key")
    moto.run()
    assert show(moto, answer["id"])["status"] == "stored"


def test_a_request_without_an_answer_in_time_times_out_and_its_answer_is_late(
    moto: MotoSystem,
) -> None:
    id_ = ask(moto, timeout=2)
    moto.pass_time()
    moto.deliver(ANSWERS)
    assert show(moto, id_) == {"id": id_, "status": "timed out"}
    moto.run()
    assert show(moto, id_)["status"] == "late"
    assert len(show(moto, id_)["string"]) == 8
    assert status_at_generator(moto, id_) == "received"


def test_a_request_that_was_answered_in_time_does_not_time_out(moto: MotoSystem) -> None:
    id_ = ask(moto, timeout=2)
    moto.run()
    moto.pass_time()
    moto.run()
    assert show(moto, id_)["status"] == "stored"


def test_a_late_answer_that_comes_again_changes_nothing(moto: MotoSystem) -> None:
    id_ = ask(moto, timeout=2)
    moto.pass_time()
    moto.deliver(ANSWERS, copies=2)
    moto.run(copies=2)
    assert show(moto, id_)["status"] == "late"
    assert status_at_generator(moto, id_) == "received"


def test_generator_tries_again_what_it_was_told_to_fail(moto: MotoSystem) -> None:
    id_ = ask(moto, fail_times=2)
    attempts = [moto.deliver(REQUESTS) for _ in range(3)]
    assert attempts == [1, 1, 1]
    moto.run()
    assert show(moto, id_)["status"] == "stored"


def test_what_fails_at_every_attempt_is_a_dead_letter_and_times_out(moto: MotoSystem) -> None:
    id_ = ask(moto, fail_times=1_000, timeout=2)
    moto.run()
    (letter,) = moto.dead_letters(REQUESTS)
    assert "GeneratorBusyError" in letter.reason
    moto.pass_time()
    moto.run()
    assert show(moto, id_) == {"id": id_, "status": "timed out"}


def test_a_string_that_is_asked_for_directly_is_stored_and_received_too(moto: MotoSystem) -> None:
    status, answer = moto.request("Requestor", "POST /ask-string", {"length": 8})
    assert status == 200
    assert len(answer["string"]) == 8
    assert show(moto, answer["id"]) == {**answer, "status": "stored"}
    moto.run()
    assert status_at_generator(moto, answer["id"]) == "received"


def test_a_string_that_is_asked_for_twice_with_a_key_is_the_same(moto: MotoSystem) -> None:
    answers = [
        moto.request("Requestor", "POST /ask-string", {"length": 8}, key="key") for _ in range(2)
    ]
    assert answers[0] == answers[1]
    moto.run()
    assert len(moto.rows("Requestor", "strings")) == 1


def test_a_direct_call_that_fails_is_a_bad_gateway_and_leaves_nothing(
    moto: MotoSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"length": 8, "fail_times": 1}
    status, answer = moto.request("Requestor", "POST /ask-string", body)
    assert (status, answer["detail"]) == (502, "Another service could not answer.")
    assert '"errorType":"GeneratorBusyError"' in capsys.readouterr().out
    assert moto.rows("Requestor", "strings") == moto.rows("Generator", "strings") == {}


def test_a_direct_call_that_takes_too_long_is_a_gateway_timeout(
    moto: MotoSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(**arguments: object) -> None:
        raise ReadTimeoutError(endpoint_url="")

    monkeypatch.setattr("requestor.handler.PATIENCE", 0.01)
    monkeypatch.setattr(moto, "invoke", invoke)
    assert moto.request("Requestor", "POST /ask-string", {"length": 8})[0] == 504


def test_with_a_key_the_clients_retry_sends_a_confirmation_that_could_not_leave(
    moto: MotoSystem, broken_sending: pytest.MonkeyPatch
) -> None:
    body = {"length": 8}
    assert moto.request("Requestor", "POST /ask-string", body, key="key")[0] == 503
    broken_sending.undo()
    _, answer = moto.request("Requestor", "POST /ask-string", body, key="key")
    moto.run()
    assert status_at_generator(moto, answer["id"]) == "received"


def test_generators_own_api_answers_with_the_same_string(moto: MotoSystem) -> None:
    _, asked = moto.request("Requestor", "POST /ask-string", {"length": 8})
    moto.run()
    body = {"id": asked["id"], "length": 8}
    assert moto.request("Generator", "POST /generate-string", body) == (200, asked)
    assert status_at_generator(moto, asked["id"]) == "received"
    assert moto.waiting(ANSWERS) == []


def test_generators_own_api_refuses_another_length_for_an_id(moto: MotoSystem) -> None:
    for length, expected in ((8, 200), (9, 422), (8, 200), (65, 400)):
        body = {"id": ID, "length": length}
        assert moto.request("Generator", "POST /generate-string", body)[0] == expected


def test_requestor_hears_no_answer_that_it_did_not_ask_for(moto: MotoSystem) -> None:
    body = {"id": ID, "length": 8}
    moto.publish("Generator", "MsgIn", GenerateString.msg_tag, body)
    moto.run()
    assert status_at_generator(moto, ID) == "generated"
    assert moto.rows("Requestor", "strings") == {}


def test_a_confirmation_of_nothing_is_a_dead_letter(moto: MotoSystem) -> None:
    moto.publish("Generator", "MsgIn", "ConfirmString", {"id": ID})
    moto.run()
    (letter,) = moto.dead_letters(REQUESTS)
    assert letter.reason == "No string was generated for this id."
    assert moto.rows("Generator", "strings") == {}


# What happened to a string at Requestor, in order, and the status in which that leaves it.
HISTORIES: list[tuple[tuple[Callable[[], object], ...], str]] = [
    ((), "requested"),
    ((lambda: strings.keep(ANSWER), lambda: strings.time_out(ID)), "stored"),
    ((lambda: strings.keep(ANSWER), lambda: strings.keep(ANSWER)), "stored"),
    ((lambda: strings.time_out(ID), lambda: strings.time_out(ID)), "timed out"),
    ((lambda: strings.time_out(ID), lambda: strings.keep_late(ANSWER)), "late"),
    # The answer was late by the runtime's count before the time-out was handled.
    ((lambda: strings.keep_late(ANSWER), lambda: strings.time_out(ID)), "late"),
    ((lambda: strings.keep_late(ANSWER), lambda: strings.keep_late(ANSWER)), "late"),
]


@pytest.mark.parametrize(("history", "status"), HISTORIES)
def test_the_status_of_a_string_never_goes_back(
    deploy: Deploy, history: tuple[Callable[[], object], ...], status: str
) -> None:
    service = deploy("Requestor")
    strings.note_request(ID, RequestString(length=8))
    for happens in history:
        happens()
        strings.note_request(ID, RequestString(length=8))
    (row,) = service.rows("strings")
    assert row["status"] == status
    assert ("string" in row) == (status in {"stored", "late"})


@pytest.mark.parametrize("keep", [strings.keep, strings.keep_late])
def test_an_answer_that_nobody_expects_is_refused(
    deploy: Deploy, keep: Callable[[StringGenerated], None]
) -> None:
    service = deploy("Requestor")
    with pytest.raises(Reject, match="waits for an answer"):
        keep(ANSWER)
    assert service.rows("strings") == []


def test_a_string_that_was_stored_is_not_turned_into_a_late_one(deploy: Deploy) -> None:
    service = deploy("Requestor")
    strings.keep_asked(AskString(length=8), ANSWER)
    with pytest.raises(Reject):
        strings.keep_late(ANSWER)
    assert service.rows("strings")[0]["status"] == "stored"


def test_an_id_always_gives_the_same_string(deploy: Deploy) -> None:
    service = deploy("Generator")
    command = GenerateString(id=ID, length=8)
    assert generated.generate(command) == generated.generate(command) == ANSWER
    assert service.rows("strings") == [{"id": ID, "status": "generated", "string": STRING[:8]}]


def test_a_string_that_was_received_is_not_set_back(deploy: Deploy) -> None:
    service = deploy("Generator")
    generated.generate(GenerateString(id=ID, length=8))
    for _ in range(2):
        generated.receive(ID)
    generated.generate(GenerateString(id=ID, length=8))
    assert service.rows("strings")[0]["status"] == "received"


@pytest.mark.parametrize(
    ("times", "attempt", "fails"), [(0, 1, False), (2, 2, True), (2, 3, False)]
)
def test_generator_fails_as_often_as_told(times: int, attempt: int, fails: bool) -> None:
    if fails:
        with pytest.raises(failures.GeneratorBusyError, match="simulated failure of attempt 2"):
            failures.fail_on_command(times, attempt)
    else:
        failures.fail_on_command(times, attempt)
