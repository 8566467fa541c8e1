"""What Visas is asked."""

import time

from contracts.travel import (
    CheckVisa,
    EmbassyFound,
    FindEmbassy,
    StampPassport,
    VisaChecked,
)
from messaging import Context, Function, Reject, table
from visas import countries

checks = Function()
embassies = Function()
stamps = Function()


@checks.on(CheckVisa)
def check_visa(question: CheckVisa, context: Context) -> VisaChecked:
    """The event that it returns is the result; it rejects a command that it cannot serve."""
    time.sleep(question.seconds)
    needed = countries.visa_needed(question.country)
    if needed is None:
        raise Reject(f"there is no country {question.country}")
    return VisaChecked(country=question.country, needed=needed)


@embassies.on(FindEmbassy)
def find_embassy(question: FindEmbassy, context: Context) -> EmbassyFound:
    """Say where an embassy is."""
    city = countries.EMBASSIES.get(question.country)
    if city is None:
        raise Reject(f"{question.country} has no embassy")
    return EmbassyFound(country=question.country, city=city)


@stamps.on(StampPassport)
def stamp(passport: StampPassport, context: Context) -> None:
    """Nobody waits for it: a call that fails for good is kept in the function's failed calls."""
    if passport.wet:
        raise ValueError("no stamp holds on a wet passport")
    table.put_once("stamps", table.item(id=passport.trip, correlation=context.correlation_id))
