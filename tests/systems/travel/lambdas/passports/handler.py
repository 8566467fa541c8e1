"""What Passports' API takes in, and which function it asks for it."""

from contracts.travel import (
    CheckVisa,
    EmbassyFound,
    FindEmbassy,
    StampPassport,
    VisaChecked,
)
from messaging import CallFailed, CallTimedOut, Rejected
from messaging.http import Api, ApiContext, Response, accepted, ok, problem

api = Api()


@api.post("/visas", body=CheckVisa)
def check_visa(question: CheckVisa, context: ApiContext) -> Response:
    """Request and response: the caller waits, for three seconds at most."""
    try:
        answer = context.invoke(question, to="Visas", returns=VisaChecked, timeout=3)
    except CallTimedOut:
        return problem(504, "Visas did not answer in time.")
    except CallFailed as error:
        return problem(502, f"Visas failed with {error.type}")
    if isinstance(answer, Rejected):
        return problem(422, answer.reason)
    return ok(answer)


@api.get("/embassies/{country}")
def find_embassy(_: None, context: ApiContext) -> Response:
    """Request and response, for something that can be done without."""
    question = FindEmbassy(country=context.path["country"])
    try:
        answer = context.invoke(question, to="Visas", returns=EmbassyFound, timeout=3)
    except CallFailed as error:
        return problem(503, str(error))
    return problem(404, answer.reason) if isinstance(answer, Rejected) else ok(answer)


@api.post("/stamps", body=StampPassport)
def stamp_passport(passport: StampPassport, context: ApiContext) -> Response:
    """Asynchronous invocation: Lambda keeps the call until it succeeds or has failed for good."""
    return accepted({"id": context.invoke(passport, to="Visas", wait=False)})
