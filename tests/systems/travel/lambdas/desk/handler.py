"""What Desk's API takes in and whom it asks for it; which answers come, and where they go."""

from contracts import RequestTimedOut
from contracts.travel import (
    BookFlight,
    BookRoom,
    BookStay,
    CarOffered,
    CarQuoted,
    ChangeSeat,
    FlightBooked,
    OffersWanted,
    PlanTrip,
    PrintTicket,
    QuoteCar,
    RemindTraveller,
    RoomBooked,
    RoomOffered,
    SeatChanged,
    SendPostcard,
    StayBooked,
    TravellerArrived,
    TripBooked,
)
from desk import trips
from messaging import Consumer, Context, Rejected
from messaging.http import Api, ApiContext, Response, accepted, ok, problem

api = Api()
answers = Consumer()
tickets = Consumer()

# What is asked with a time limit.
TIMED = {each.msg_tag: each for each in (BookRoom, OffersWanted)}


@api.post("/postcards", body=SendPostcard)
def send_postcard(card: SendPostcard, context: ApiContext) -> Response:
    """One way: a command for another service, without a reply."""
    return accepted({"id": context.send(card, to="Post")})


@api.post("/arrivals", body=TravellerArrived)
def arrive(arrived: TravellerArrived, context: ApiContext) -> Response:
    """Notification: something has happened; the event carries ids only."""
    return accepted({"id": context.publish(arrived)})


@api.post("/bookings", body=TripBooked)
def book(booked: TripBooked, context: ApiContext) -> Response:
    """Publish and subscribe: the event is the whole document; Desk knows none of its readers."""
    return accepted({"id": context.publish(booked)})


@api.post("/rooms", body=BookRoom)
def book_room(room: BookRoom, context: ApiContext) -> Response:
    """Request and asynchronous response: the answer comes as an event, or the time-out does."""
    return accepted({"id": context.request(room, to="Hotels", timeout=2)})


@answers.on(RoomBooked)
def room_booked(booked: RoomBooked, context: Context) -> None:
    """The answer came in time."""
    trips.note(context, booked.trip, "room booked")


@answers.on(RequestTimedOut)
def give_up(request: RequestTimedOut, context: Context) -> None:
    """No answer came in time, or not all of them."""
    asked = request.read(TIMED[request.request_tag])
    trips.note(context, asked.trip, f"{request.request_tag} timed out")


@answers.on_late_reply(RoomBooked)
def room_booked_late(booked: RoomBooked, context: Context) -> None:
    """The answer came, but the time was over."""
    trips.note(context, booked.trip, "room booked too late")


@api.post("/stays", body=BookStay)
def book_stay(stay: BookStay, context: ApiContext) -> Response:
    """Ask a service that asks itself before it answers."""
    return accepted({"id": context.request(stay, to="Hotels")})


@answers.on(StayBooked)
def stay_booked(booked: StayBooked, context: Context) -> None:
    """The answer."""
    trips.note(context, booked.trip, f"{booked.nights} nights booked")


@api.post("/flights", body=BookFlight)
def book_flight(flight: BookFlight, context: ApiContext) -> Response:
    """The first question of a chain: Flights has to ask Seats before it can answer."""
    return accepted({"id": context.request(flight, to="Flights")})


@answers.on(FlightBooked)
def flight_booked(booked: FlightBooked, context: Context) -> None:
    """The last answer of the chain."""
    trips.note(context, booked.trip, f"flight booked, seat {booked.seat}")


@api.post("/trips", body=PlanTrip)
def plan_trip(plan: PlanTrip, context: ApiContext) -> Response:
    """Two requests at once: each answer says which of them it belongs to."""
    room = context.request(BookRoom(trip=plan.trip, nights=plan.nights), to="Hotels")
    flight = context.request(BookFlight(trip=plan.trip), to="Flights")
    return accepted({"room": room, "flight": flight})


@api.post("/seats", body=ChangeSeat)
def change_seat(seat: ChangeSeat, context: ApiContext) -> Response:
    """Ask Flights; who answers is its business."""
    return accepted({"id": context.request(seat, to="Flights")})


@answers.on(SeatChanged)
def seat_changed(changed: SeatChanged, context: Context) -> None:
    """The answer, from the service that Flights has passed the question on to."""
    trips.note(context, changed.trip, f"seat {changed.seat} from {context.from_service}")


@api.post("/offers", body=OffersWanted)
def ask_for_offers(wanted: OffersWanted, context: ApiContext) -> Response:
    """Publish and asynchronous response: ask all who listen, wait for three answers."""
    return accepted({"id": context.publish_request(wanted, expected_replies=3, timeout=2)})


@answers.on(RoomOffered)
def room_offered(offer: RoomOffered, context: Context) -> None:
    """One of the answers."""
    _collect(offer.trip, f"a room for {offer.price:g}", context)


@answers.on(CarOffered)
def car_offered(offer: CarOffered, context: Context) -> None:
    """One of the answers."""
    _collect(offer.trip, f"a car for {offer.price:g}", context)


def _collect(trip: str, offer: str, context: Context) -> None:
    # Of what is stored, not of what has arrived: others may still be on their way to their notes.
    count = trips.note_offer(context, trip, offer)
    if context.replies and count == context.replies.expected:
        trips.note(context, trip, f"{count} offers")


@api.post("/quotes", body=QuoteCar)
def ask_for_quote(car: QuoteCar, context: ApiContext) -> Response:
    """Ask through the queue what could be asked directly."""
    return accepted({"id": context.request(car, to="Cars")})


@answers.on(CarQuoted)
def car_quoted(quoted: CarQuoted, context: Context) -> None:
    """The answer."""
    trips.note(context, quoted.trip, f"a car would cost {quoted.price:g}")


@api.post("/quotes-at-once", body=QuoteCar)
def call_for_quote(car: QuoteCar, context: ApiContext) -> Response:
    """Ask directly what could be asked through the queue."""
    answer = context.invoke(car, to="Cars", returns=CarQuoted)
    return problem(422, answer.reason) if isinstance(answer, Rejected) else ok(answer)


@api.post("/tickets", body=PrintTicket)
def order_ticket(ticket: PrintTicket, context: ApiContext) -> Response:
    """Direct to the queue: a unit of work for one consumer of this very service."""
    return accepted({"id": context.enqueue(ticket)})


@tickets.on(PrintTicket)
def print_ticket(ticket: PrintTicket, context: Context) -> None:
    """Print it, and have the traveller reminded two seconds later."""
    trips.note(context, ticket.trip, "ticket printed")
    context.enqueue(RemindTraveller(trip=ticket.trip), delay=2)


@tickets.on(RemindTraveller)
def remind(traveller: RemindTraveller, context: Context) -> None:
    """The time has come."""
    trips.note(context, traveller.trip, "reminded to pack")
