"""The order as in Powertools' batch documentation: a pydantic model in an SQS record."""

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.utilities.parser import BaseModel
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from pydantic import Field, Json


class Item(BaseModel):
    """One line of an order."""

    sku: str
    quantity: Annotated[int, Field(ge=1)]
    price: Annotated[float, Field(ge=0)]


class Order(BaseModel):
    """An order."""

    id: Annotated[str, Field(min_length=1)]
    customer: str
    placed: datetime
    total: Annotated[float, Field(ge=0)]
    items: list[Item]


class OrderRecord(SqsRecordModel):
    """A record whose body is an order."""

    body: Json[Order]
