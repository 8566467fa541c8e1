"""What Unicorn Management's API takes in, and where it goes."""

from contracts.unicorn_management import SubmitRide
from messaging.api import Api, ApiContext, Response, created, problem
from unicorn_management import rides

api = Api()


@api.post("/submit-ride-completion", body=SubmitRide)
def submit_ride_completion(request: SubmitRide, context: ApiContext) -> Response:
    """Complete the ride and return its id."""
    try:
        ride = rides.complete(request, context.idempotency_key, context.publish)
    except rides.OtherRideError as error:
        return problem(422, str(error))
    return created({"id": ride.id})
