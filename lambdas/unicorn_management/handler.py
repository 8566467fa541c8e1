"""What Unicorn Management's API takes in, where it goes, and who may use it."""

from contracts.access_control import AccessDecided, CheckAccess
from contracts.unicorn_management import SubmitRide
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
from unicorn_management import rides
from unicorn_management.access import PERMISSIONS

api = Api()


@api.post("/submit-ride-completion", body=SubmitRide)
def submit_ride_completion(request: SubmitRide, context: ApiContext) -> Response:
    """Complete the ride and return its id."""
    try:
        ride = rides.complete(request, context.idempotency_key, context.publish)
    except rides.OtherRideError as error:
        return problem(422, str(error))
    return created({"id": ride.id})


@api.get("/rides/{id}")
def show_ride(_: None, context: ApiContext) -> Response:
    """Return a ride."""
    ride = rides.find(context.path["id"])
    return problem(404, "There is no such ride.") if ride is None else ok(ride)


@Authorizer
def authorizer(request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied:
    """Ask Access Control whether the token's bearer may use the route."""
    permission = PERMISSIONS.get(request.route)
    if permission is None:
        return Denied()
    question = CheckAccess.of(request.token, permission)
    answer = context.invoke(
        question, to="AccessControl", returns=AccessDecided, timeout=3, idempotent=True
    )
    if isinstance(answer, AccessDecided) and answer.allowed and answer.principal:
        return Allowed(answer.principal)
    return Denied()
