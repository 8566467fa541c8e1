"""A system for templates: its services use every word of the model; its functions do nothing."""

from typing import ClassVar

from contracts import Command, Event, RequestTimedOut
from topology.model import Api, Authorizer, Consumer, Cors, Function, On, Service, System, Table


class Write(Command, frozen=True, kw_only=True):
    """Write a text."""

    msg_tag: ClassVar[str] = "Write"


class Translate(Command, frozen=True, kw_only=True):
    """Write a text in another language."""

    msg_tag: ClassVar[str] = "Translate"


class Preview(Command, frozen=True, kw_only=True):
    """Return the first words of a text."""

    msg_tag: ClassVar[str] = "Preview"


class Written(Event, frozen=True, kw_only=True):
    """A text is written."""

    msg_tag: ClassVar[str] = "Written"


class Printed(Event, frozen=True, kw_only=True):
    """A text is printed."""

    msg_tag: ClassVar[str] = "Printed"


class Keep(Command, frozen=True, kw_only=True):
    """Keep a text; texts of an author in order."""

    msg_tag: ClassVar[str] = "Keep"
    group: ClassVar[str | None] = "author"

    author: str


class Page(Command, frozen=True, kw_only=True):
    """Set one page."""

    msg_tag: ClassVar[str] = "Page"


class Quote(Command, frozen=True, kw_only=True):
    """Return the price of a text."""

    msg_tag: ClassVar[str] = "Quote"


class Estimate(Command, frozen=True, kw_only=True):
    """Return how long a text will take."""

    msg_tag: ClassVar[str] = "Estimate"


class CheckReader(Command, frozen=True, kw_only=True):
    """Return whether a reader may see a text."""

    msg_tag: ClassVar[str] = "CheckReader"


class EndSession(Command, frozen=True, kw_only=True):
    """End the session of a reader."""

    msg_tag: ClassVar[str] = "EndSession"


# It listens to an event of the service that sends it commands.
writers = Service(
    name="Writers",
    publishes=(Written,),
    consumers=(
        Consumer(
            "texts",
            accepts=(Write, Translate),
            listens_to=(On(Printed),),
            invocable=(Preview,),
            timeout=60,
            batch_size=1,
        ),
        Consumer("slow_texts", listens_to=(On(Written),), batch_size=100, batching_window=20),
    ),
)
# Every part that a service can have.
editors = Service(
    name="Editors",
    publishes=(Printed,),
    sends=(Write, Keep),
    invokes=(Preview, CheckReader, EndSession),
    consumers=(
        Consumer(
            "texts",
            replies_from=(On(Written),),
            accepts_enqueued=(RequestTimedOut,),
            invocable=(Estimate,),
            reads={"texts": ("BatchGetItem", "ConditionCheckItem")},
            writes={"texts": ("UpdateItem",)},
            enqueues=(Page,),
            guarantee="lease",
        ),
        Consumer(
            "pages",
            accepts_enqueued=(Page,),
            reads={"texts": ("Scan",)},
            publishes=(),
            sends=(Keep,),
            invokes=(),
            enqueues=(),
        ),
    ),
    functions=(
        Function(
            "quotes",
            invocable=(Quote,),
            publishes=(),
            sends=(),
            invokes=(Preview,),
            enqueues=(RequestTimedOut,),
            timeout=7,
            memory=512,
        ),
    ),
    api=Api(
        ("POST /texts", "GET /texts/{id}"),
        commands={"POST /quote": Quote, "POST /estimate": Estimate},
        cors=Cors(("https://app.example.com",)),
        authorizer=Authorizer(
            ("POST /texts", "POST /quote"),
            reads={"readers": ("Query",)},
            invokes=(CheckReader, EndSession),
            cache=60,
        ),
        reads={"texts": ("GetItem", "Query")},
        writes={"texts": ("PutItem", "DeleteItem", "BatchWriteItem")},
    ),
    tables=(Table("texts"), Table("readers")),
    environment={"LANGUAGE": "en"},
)
archive = Service(
    name="Archive", fifo=True, consumers=(Consumer("texts", accepts=(Keep,), fifo=True),)
)
# One function, invocable with two commands, and no queue.
readers = Service(
    name="Readers", functions=(Function("sessions", invocable=(CheckReader, EndSession)),)
)
# An API whose only route invokes a function: it has no handler of its own.
prices = Service(
    name="Prices",
    functions=(Function("quotes", invocable=(Quote,)),),
    api=Api((), commands={"POST /quote": Quote}),
)

system = System(name="press", services=(writers, editors, archive, readers, prices))
