"""Strings: Requestor asks Generator for a string, stores it, and tells Generator that it has it."""

from contracts import RequestTimedOut
from contracts.generator import ConfirmString, GenerateString, StringGenerated
from topology.model import Api, Consumer, On, Service, System, Table

requestor = Service(
    name="Requestor",
    api=Api(
        ("POST /request-string", "GET /strings/{id}", "POST /ask-string"),
        reads={"strings": ("GetItem",)},
        writes={"strings": ("PutItem",)},
        # Longer than `POST /ask-string` waits for Generator, 8 s.
        timeout=15,
    ),
    sends=(GenerateString, ConfirmString),
    invokes=(GenerateString,),
    consumers=(
        Consumer(
            "answers",
            replies_from=(On(StringGenerated),),
            accepts_enqueued=(RequestTimedOut,),
            writes={"strings": ("UpdateItem",)},
            sends=(ConfirmString,),
            invokes=(),
            enqueues=(),
            guarantee="lease",
        ),
    ),
    tables=(Table("strings"),),
)

# One function generates strings, whoever asks: a message, a direct call, or its API.
generator = Service(
    name="Generator",
    api=Api((), commands={"POST /generate-string": GenerateString}),
    publishes=(StringGenerated,),
    consumers=(
        Consumer(
            "requests",
            accepts=(GenerateString, ConfirmString),
            invocable=(GenerateString,),
            reads={"strings": ("GetItem",)},
            writes={"strings": ("PutItem", "UpdateItem")},
            guarantee="lease",
        ),
    ),
    tables=(Table("strings"),),
)

system = System(name="strings", services=(requestor, generator))
