"""The handlers of the strings system that send: run again, they send the same."""

from collections.abc import Iterator

import pytest

from contracts.generator import ConfirmString, GenerateString, StringGenerated
from generator.handler import requests
from messaging.testing import assert_repeatable
from messaging.wire.header import Header
from requestor import strings
from requestor.handler import answers
from systems.strings import system
from tests.services.moto_system import Configure, MotoSystem, lambda_of

REQUEST = Header(id="generate-1", requestservices=("Requestor",), requestids=("generate-1",))


@pytest.fixture
def moto(mocked_aws: None, configure: Configure) -> Iterator[MotoSystem]:
    made = MotoSystem(system, configure)
    with lambda_of(made):
        yield made


def test_generator_replies_the_same_string(moto: MotoSystem, configure: Configure) -> None:
    configure(moto.consumers["Generator.requests"])

    (reply,) = assert_repeatable(requests, GenerateString(id="1", length=8), REQUEST)

    assert StringGenerated.msg_tag in reply.attributes["msgTag"]["StringValue"]


@pytest.mark.parametrize("late", [False, True])
def test_requestor_confirms_the_same_string(
    moto: MotoSystem, configure: Configure, late: bool
) -> None:
    wanted = {"length": 8, "timeout": 2}
    status, answer = moto.request("Requestor", "POST /request-string", wanted)
    assert status == 202
    id_ = answer["id"]
    if late:
        moto.pass_time()
        moto.deliver("Requestor.answers")
    configure(moto.consumers["Requestor.answers"])
    header = Header(
        id="reply",
        requestservices=("Requestor",),
        requestids=(f"generate-{id_}",),
        replyto=f"generate-{id_}",
        responder="Generator.requests",
    )

    (sent,) = assert_repeatable(answers, StringGenerated(id=id_, string="12345678"), header)

    assert sent.attributes["msgTag"]["StringValue"] == ConfirmString.msg_tag
    assert strings.find(id_) == {"id": id_, "status": "timed out" if late else "requested"}
