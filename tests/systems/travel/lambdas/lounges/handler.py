"""The API of Lounges, its authorizer, and the function behind one of its routes."""

from collections.abc import Mapping
from typing import Final

from contracts.lounges import BeginVisit, QuoteVisit, VisitQuoted
from contracts.members import CheckMember, MemberChecked
from lounges import visits
from messaging import Context, Function, Reject
from messaging.http import (
    Allowed,
    Api,
    ApiContext,
    Authorizer,
    AuthorizerRequest,
    Denied,
    Response,
    created,
    ok,
    problem,
)

api = Api()
prices = Function()

# A guarded route that is missing here is closed.
PERMISSIONS: Final[Mapping[str, str]] = {"GET /visits/{id}": "visits:read"}


@api.post("/visits", body=BeginVisit)
def begin_visit(request: BeginVisit, context: ApiContext) -> Response:
    """Begin the visit and return its id."""
    try:
        visit = visits.begin(request, context.idempotency_key, context.publish)
    except visits.OtherVisitError as error:
        return problem(422, str(error))
    return created({"id": visit.id}, headers={"location": f"/visits/{visit.id}"})


@api.get("/visits/{id}")
def show_visit(_: None, context: ApiContext) -> Response:
    """Return a visit."""
    visit = visits.find(context.path["id"])
    return problem(404, "There is no such visit.") if visit is None else ok(visit)


@Authorizer
def authorizer(request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied:
    """Allow the request if Members says that the bearer of its token may use the route."""
    permission = PERMISSIONS.get(request.route)
    if permission is None:
        return Denied()
    command = CheckMember.of(request.token, permission)
    result = context.invoke(
        command, to="Members", returns=MemberChecked, timeout=3, idempotent=True
    )
    if isinstance(result, MemberChecked) and result.allowed and result.principal:
        return Allowed(result.principal)
    return Denied()


@prices.on(QuoteVisit)
def quote_visit(command: QuoteVisit, context: Context) -> VisitQuoted:
    """Return the price: the response of `POST /prices`."""
    if not command.hours:
        raise Reject("a visit takes longer than no time")
    return VisitQuoted(price=20 + 10 * command.hours)
