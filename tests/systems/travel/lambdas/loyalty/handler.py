"""Handlers of Loyalty. The filter of its subscription decides which bookings arrive."""

from contracts.travel import TravellerArrived, TripBooked
from messaging import Consumer, Context, table

points = Consumer()


@points.on(TripBooked)
def add_points(booked: TripBooked, context: Context) -> None:
    """Only large bookings come here: the subscription filters on their price."""
    table.put_once("points", table.item(id=f"booking#{booked.trip}", points=booked.price // 100))


@points.on(TravellerArrived)
def welcome(arrived: TravellerArrived, context: Context) -> None:
    """The event tells who arrived, and nothing else about the trip."""
    table.put_once("points", table.item(id=f"arrival#{arrived.trip}", points=1))
