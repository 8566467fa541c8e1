"""A system for tests and for the guide: travel services that talk to each other in every style."""

from contracts import RequestTimedOut
from tests.systems.travel.lambdas.contracts.lounges import QuoteVisit, VisitBegun
from tests.systems.travel.lambdas.contracts.members import CheckMember
from tests.systems.travel.lambdas.contracts.travel import (
    BookFlight,
    BookRoom,
    BookStay,
    CarOffered,
    CarQuoted,
    ChangeSeat,
    CheckVisa,
    FindEmbassy,
    FlightBooked,
    OffersWanted,
    PrintTicket,
    QuoteCar,
    RemindTraveller,
    ReserveSeat,
    RoomBooked,
    RoomOffered,
    SeatChanged,
    SeatReserved,
    SellFlight,
    SellRoom,
    SendPostcard,
    StampPassport,
    StayBooked,
    TravellerArrived,
    TripBooked,
)
from topology.filters import at_least
from topology.model import Api, Authorizer, Consumer, Cors, Function, On, Service, System, Table

# Where travellers come to: most conversations start here.
desk = Service(
    name="Desk",
    api=Api(
        (
            "POST /postcards",
            "POST /arrivals",
            "POST /bookings",
            "POST /rooms",
            "POST /stays",
            "POST /flights",
            "POST /trips",
            "POST /seats",
            "POST /offers",
            "POST /quotes",
            "POST /quotes-at-once",
            "POST /tickets",
        ),
        # Seats would accept ChangeSeat as well.
        recipients=("Post", "Hotels", "Flights", "Cars"),
        enqueues=(PrintTicket, RequestTimedOut),
    ),
    publishes=(TravellerArrived, TripBooked, OffersWanted),
    sends=(SendPostcard, BookRoom, BookStay, BookFlight, ChangeSeat, QuoteCar),
    invokes=(QuoteCar,),
    consumers=(
        Consumer(
            "answers",
            replies_from=(
                On(RoomBooked),
                On(StayBooked),
                On(FlightBooked),
                On(SeatChanged),
                On(RoomOffered),
                On(CarOffered),
                On(CarQuoted),
            ),
            accepts_enqueued=(RequestTimedOut,),
            writes={"trips": ("UpdateItem",)},
            publishes=(),
            sends=(),
            invokes=(),
            enqueues=(),
            guarantee="lease",
        ),
        Consumer(
            "tickets",
            accepts_enqueued=(PrintTicket, RemindTraveller),
            writes={"trips": ("UpdateItem",)},
            publishes=(),
            sends=(),
            invokes=(),
            enqueues=(RemindTraveller,),
        ),
    ),
    tables=(Table("trips"),),
)

# Sends Hotels the same requests as Desk, and receives its own replies only.
kiosk = Service(
    name="Kiosk",
    sends=(BookRoom,),
    consumers=(
        Consumer(
            "sales",
            accepts=(SellRoom, SellFlight),
            replies_from=(On(RoomBooked),),
            writes={"sales": ("PutItem",)},
        ),
    ),
    tables=(Table("sales"),),
)

post = Service(
    name="Post",
    consumers=(
        Consumer(
            "letters",
            accepts=(SendPostcard,),
            listens_to=(On(TripBooked),),
            writes={"letters": ("PutItem",)},
        ),
    ),
    tables=(Table("letters"),),
)

loyalty = Service(
    name="Loyalty",
    consumers=(
        Consumer(
            "points",
            listens_to=(On(TripBooked, where={"price": at_least(500)}), On(TravellerArrived)),
            writes={"points": ("PutItem",)},
        ),
    ),
    tables=(Table("points"),),
)

# It talks to functions only, and needs no queue.
passports = Service(
    name="Passports",
    api=Api(("POST /visas", "GET /embassies/{country}", "POST /stamps")),
    invokes=(CheckVisa, FindEmbassy, StampPassport),
)

visas = Service(
    name="Visas",
    functions=(
        Function("checks", invocable=(CheckVisa,)),
        Function("embassies", invocable=(FindEmbassy,)),
        Function("stamps", invocable=(StampPassport,), writes={"stamps": ("PutItem",)}),
    ),
    tables=(Table("stamps"),),
)

# For a stay it requests a room from itself, as another service would.
hotels = Service(
    name="Hotels",
    publishes=(RoomBooked, StayBooked, RoomOffered),
    sends=(BookRoom,),
    consumers=(
        Consumer(
            "rooms",
            accepts=(BookRoom, BookStay),
            listens_to=(On(OffersWanted),),
            replies_from=(On(RoomBooked),),
        ),
    ),
)

flights = Service(
    name="Flights",
    publishes=(FlightBooked,),
    sends=(ReserveSeat, ChangeSeat),
    consumers=(
        Consumer(
            "bookings",
            accepts=(BookFlight, ChangeSeat),
            replies_from=(On(SeatReserved),),
            recipients=("Seats",),
        ),
    ),
)

seats = Service(
    name="Seats",
    publishes=(SeatReserved, SeatChanged),
    consumers=(Consumer("plans", accepts=(ReserveSeat, ChangeSeat)),),
)

# Two of its consumers answer the same question, each for itself.
cars = Service(
    name="Cars",
    api=Api((), commands={"POST /quotes": QuoteCar}),
    publishes=(CarOffered, CarQuoted),
    consumers=(
        Consumer(
            "rentals", accepts=(QuoteCar,), invocable=(QuoteCar,), listens_to=(On(OffersWanted),)
        ),
        Consumer("drivers", listens_to=(On(OffersWanted),), publishes=(CarOffered,)),
    ),
)

# Its API is called from web pages, and one route is for members only.
lounges = Service(
    name="Lounges",
    api=Api(
        ("POST /visits", "GET /visits/{id}"),
        commands={"POST /prices": QuoteVisit},
        cors=Cors(origins=("https://travel.example",)),
        authorizer=Authorizer(routes=("GET /visits/{id}",), cache=60, memory=1_024),
        reads={"visits": ("GetItem",)},
        writes={"visits": ("PutItem",)},
        invokes=(),
    ),
    publishes=(VisitBegun,),
    invokes=(CheckMember,),
    functions=(Function("prices", invocable=(QuoteVisit,), publishes=(), invokes=()),),
    tables=(Table("visits"),),
)

# Its callers wait 3 s. Lambda gives CPU by memory, a whole one for 1,769 MiB; both functions that a
# guarded request waits for make a client on their first call.
members = Service(
    name="Members",
    functions=(
        Function(
            "access",
            invocable=(CheckMember,),
            reads={"members": ("GetItem",)},
            timeout=2,
            memory=1_024,
        ),
    ),
    tables=(Table("members"),),
)

system = System(
    name="travel",
    services=(
        desk,
        kiosk,
        post,
        loyalty,
        passports,
        visas,
        hotels,
        flights,
        seats,
        cars,
        lounges,
        members,
    ),
)
