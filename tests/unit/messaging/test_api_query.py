import uuid
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest

from messaging.http import Api, ApiContext, Response, created, ok
from tests.unit.messaging.requests import content, request

Tags = Annotated[list[str], msgspec.Meta(max_length=3)]


class ListRides(msgspec.Struct, frozen=True, rename="camel"):
    rider: str
    page_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    max_fare: float | None = None
    completed: bool = False
    order: Literal["newest", "oldest"] = "newest"
    since: date | None = None
    ride: uuid.UUID | None = None
    tags: Annotated[Tags, msgspec.Meta(title="Tags")] = []
    stops: tuple[int, ...] | None = None
    box: tuple[float, float] | None = None
    zones: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.rider == "nobody":
            raise ValueError("nobody has no rides")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rider: str = ""


def get_rides(raw: str | None, *, contract: type[Any] = ListRides, **extra: Any) -> dict[str, Any]:
    api = Api()

    @api.get("/rides", query=contract)
    def rides(query: Any, context: ApiContext) -> Response:
        return ok(query)

    return api(request("GET /rides", rawQueryString=raw, **extra), None)


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        ("rider=ada", "rider", "ada"),
        ("rider=ada", "pageSize", 20),
        ("rider=", "rider", ""),
        ("rider=Zo%C3%AB+van%20Dam%26", "rider", "Zoë van Dam&"),
        ("rider=a,b", "rider", "a,b"),
        ("rider=null", "rider", "null"),
        ("rider=ada&pageSize=50", "pageSize", 50),
        ("rider=ada&maxFare=12.5", "maxFare", 12.5),
        ("rider=ada&completed=true", "completed", True),
        ("rider=ada&order=oldest", "order", "oldest"),
        ("rider=ada&since=2026-01-31", "since", "2026-01-31"),
        ("rider=a&ride=" + "0" * 32, "ride", "00000000-0000-0000-0000-000000000000"),
        ("rider=ada&tags=one", "tags", ["one"]),
        ("rider=ada&tags=a,b&tags=c", "tags", ["a,b", "c"]),
        ("rider=ada&stops=7", "stops", [7]),
        ("rider=ada&box=1&box=2", "box", [1, 2]),
        ("rider=ada&zones=3&zones=3", "zones", [3]),
        ("rider=ada&utm=1&utm=2&=&x", "rider", "ada"),
    ],
)
def test_the_query_string_is_decoded_by_its_contract(raw: str, name: str, value: object) -> None:
    response = get_rides(raw)
    assert response["statusCode"] == 200
    assert content(response)[name] == value


@pytest.mark.parametrize(
    ("raw", "parameter", "detail"),
    [
        ("", "rider", "this field is required"),
        (None, "rider", "this field is required"),
        ("rider=a&pageSize=many", "pageSize", "expected integer, got string"),
        ("rider=a&pageSize=", "pageSize", "expected integer, got string"),
        ("rider=a&pageSize=0", "pageSize", "expected integer >= 1"),
        ("rider=a&pageSize=101", "pageSize", "expected integer <= 100"),
        ("rider=a&pageSize=" + "9" * 5_000, "pageSize", "out of range"),
        ("rider=a&completed=perhaps", "completed", "expected boolean"),
        ("rider=a&order=random", "order", "invalid enum value"),
        ("rider=a&since=yesterday", "since", "date"),
        ("rider=a&rider=b", "rider", "given more than once"),
        ("rider=a&pageSize=1&pageSize=1", "pageSize", "given more than once"),
        ("rider=a&stops=1&stops=x", "stops[1]", "expected integer"),
        ("rider=a&box=1", "box", "length 2"),
        ("rider=a&tags=1&tags=2&tags=3&tags=4", "tags", "length <= 3"),
        ("rider=nobody", "$", "nobody has no rides"),
        ("rider=%FF", "$", "the query string is not UTF-8"),
    ],
)
def test_a_bad_query_string_is_refused_with_the_parameter_named(
    raw: str | None, parameter: str, detail: str
) -> None:
    response = get_rides(raw)
    assert response["statusCode"] == 400
    assert response["headers"]["content-type"] == "application/problem+json"
    [error] = content(response)["errors"]
    assert error["field"] == parameter
    assert detail in error["detail"]


def test_an_unknown_parameter_is_refused_where_the_contract_forbids_it() -> None:
    [error] = content(get_rides("rider=a&utm=1", contract=Strict))["errors"]
    assert error == {"field": "utm", "detail": "there is no such field"}
    assert get_rides("rider=a", contract=Strict)["statusCode"] == 200


def test_without_a_contract_the_context_has_the_query_of_api_gateway() -> None:
    api = Api()

    @api.get("/rides")
    def rides(nothing: None, context: ApiContext) -> Response:
        assert nothing is None
        return ok(dict(context.query))

    given = {"rider": "a,b"}
    event = request("GET /rides", rawQueryString="rider=a&rider=b", queryStringParameters=given)
    assert content(api(event, None)) == given
    assert content(api(request("GET /rides"), None)) == {}


def test_a_function_gets_a_body_or_a_query_not_both() -> None:
    api = Api()
    with pytest.raises(ValueError, match="POST /rides has `body` and `query`"):
        api.post("/rides", body=Strict, query=Strict)  # type: ignore[call-overload]  # mypy agrees
    api.post("/rides", body=Strict)(lambda ride, context: created(ride))
    response = api(request("POST /rides", '{"rider": "a"}', rawQueryString="rider=b"), None)
    assert content(response) == {"rider": "a"}
