"""What Requestor's API takes in and what answers it hears, and where it goes."""

from typing import Final

from contracts import RequestTimedOut
from contracts.generator import ConfirmString, GenerateString, StringGenerated
from contracts.requestor import AskString, RequestString
from messaging import Consumer, Context, Rejected
from messaging.http import Api, ApiContext, Response, accepted, ok, problem
from requestor import strings

api = Api()
answers = Consumer()

GENERATOR: Final = "Generator"
# Seconds: less than the API's own function may take.
PATIENCE: Final = 8


@api.post("/request-string", body=RequestString)
def request_string(wanted: RequestString, context: ApiContext) -> Response:
    """Ask Generator for a string, and answer before it does: `answers` hears from it."""
    id_ = strings.id_for(context.idempotency_key)
    # First of all: the answer may come before this ends. Should the request not leave, the client's
    # retry with the same key finds the row and sends it.
    strings.note_request(id_, wanted)
    command = GenerateString(id=id_, length=wanted.length, fail_times=wanted.fail_times)
    context.request(command, to=GENERATOR, timeout=wanted.timeout, message_id=f"generate-{id_}")
    return accepted({"id": id_})


@api.post("/ask-string", body=AskString)
def ask_string(wanted: AskString, context: ApiContext) -> Response:
    """Ask Generator for a string and wait for it."""
    id_ = strings.id_for(context.idempotency_key)
    command = GenerateString(id=id_, length=wanted.length, fail_times=wanted.fail_times)
    answer = context.invoke(
        command, to=GENERATOR, returns=StringGenerated, timeout=PATIENCE, idempotent=True
    )
    if isinstance(answer, Rejected):
        return problem(422, answer.reason)
    strings.keep_asked(wanted, answer)
    context.send(ConfirmString(id=id_), to=GENERATOR, message_id=f"confirm-{id_}")
    return ok({"id": id_, "string": answer.string})


@api.get("/strings/{id}")
def show(_: None, context: ApiContext) -> Response:
    """Say what is known of a string."""
    found = strings.find(context.path["id"])
    return ok(found) if found else problem(404, "There is no string with this id.")


@answers.on(StringGenerated)
def keep(answer: StringGenerated, context: Context) -> None:
    """Store the string and tell Generator."""
    strings.keep(answer)
    context.send(ConfirmString(id=answer.id), to=GENERATOR)


@answers.on_late_reply(StringGenerated)
def keep_late(answer: StringGenerated, context: Context) -> None:
    """Store the string as a late one, and tell Generator, which is done with it then as well."""
    strings.keep_late(answer)
    context.send(ConfirmString(id=answer.id), to=GENERATOR)


@answers.on(RequestTimedOut)
def time_out(notice: RequestTimedOut, context: Context) -> None:
    """Give up waiting for the string."""
    strings.time_out(notice.read(GenerateString).id)
