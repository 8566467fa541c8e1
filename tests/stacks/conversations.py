"""A system whose services talk to each other in every way that the map has words for."""

import shutil
from pathlib import Path
from typing import ClassVar

from contracts import Command, Event, RequestTimedOut
from topology import LAMBDAS, names
from topology.model import Api, Authorizer, Consumer, Cors, Function, On, Service, System, Table


class Generate(Command, frozen=True, kw_only=True):
    """Asks for a text."""

    msg_tag: ClassVar[str] = "Generate"


class Translate(Command, frozen=True, kw_only=True):
    """Asks for a text in another language."""

    msg_tag: ClassVar[str] = "Translate"


class Preview(Command, frozen=True, kw_only=True):
    """Asks how a text would begin."""

    msg_tag: ClassVar[str] = "Preview"


class Generated(Event, frozen=True, kw_only=True):
    """Answers."""

    msg_tag: ClassVar[str] = "Generated"


class Stored(Event, frozen=True, kw_only=True):
    """Confirms."""

    msg_tag: ClassVar[str] = "Stored"


class Keep(Command, frozen=True, kw_only=True):
    """Asks to keep a text, in order."""

    msg_tag: ClassVar[str] = "Keep"
    group: ClassVar[str | None] = "author"

    author: str


class Page(Command, frozen=True, kw_only=True):
    """A unit of work."""

    msg_tag: ClassVar[str] = "Page"


class Quote(Command, frozen=True, kw_only=True):
    """Asks what a text will cost."""

    msg_tag: ClassVar[str] = "Quote"


class Estimate(Command, frozen=True, kw_only=True):
    """Asks how long a text will take."""

    msg_tag: ClassVar[str] = "Estimate"


class CheckAccess(Command, frozen=True, kw_only=True):
    """Asks who somebody is."""

    msg_tag: ClassVar[str] = "CheckAccess"


class EndSession(Command, frozen=True, kw_only=True):
    """Says that somebody is gone."""

    msg_tag: ClassVar[str] = "EndSession"


# It listens to who asks it.
generator = Service(
    name="Generator",
    publishes=(Generated,),
    consumers=(
        Consumer(
            "texts",
            accepts=(Generate, Translate),
            listens_to=(On(Stored),),
            invocable=(Preview,),
            timeout=60,
            batch_size=1,
        ),
        Consumer("slow_texts", listens_to=(On(Generated),), batch_size=100, batching_window=20),
    ),
)
# Everything that a service can have.
requestor = Service(
    name="Requestor",
    publishes=(Stored,),
    sends=(Generate, Keep),
    invokes=(Preview, CheckAccess, EndSession),
    consumers=(
        Consumer(
            "texts",
            replies_from=(On(Generated),),
            accepts_enqueued=(RequestTimedOut,),
            invocable=(Estimate,),
            guarantee="lease",
        ),
        Consumer("pages", accepts_enqueued=(Page,)),
    ),
    functions=(Function("quotes", invocable=(Quote,), timeout=7, memory=512),),
    api=Api(
        ("POST /texts", "GET /texts/{id}"),
        commands={"POST /quote": Quote, "POST /estimate": Estimate},
        cors=Cors(("https://app.example.com",)),
        authorizer=Authorizer(("POST /texts", "POST /quote"), cache=60),
    ),
    tables=(Table("texts"),),
)
archive = Service(
    name="Archive", fifo=True, consumers=(Consumer("texts", accepts=(Keep,), fifo=True),)
)
# Nothing but a function, that answers two commands.
access = Service(
    name="Access", functions=(Function("sessions", invocable=(CheckAccess, EndSession)),)
)
# An API without functions of its own.
prices = Service(
    name="Prices",
    functions=(Function("quotes", invocable=(Quote,)),),
    api=Api((), commands={"POST /quote": Quote}),
)

system = System(name="talks", services=(generator, requestor, archive, access, prices))


def lambdas(folder: Path) -> Path:
    """Write handlers that do nothing into a new folder, beside the runtime; return it."""
    for name in ("contracts", "messaging"):
        shutil.copytree(LAMBDAS / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(LAMBDAS / "requirements.txt", folder)
    for service in system.services:
        package = folder / names.package(service.name)
        package.mkdir()
        (package / "handler.py").write_text('"""Does nothing."""\n')
    return folder
