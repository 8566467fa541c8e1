import base64
import json
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, strategies as st

from messaging.errors import PublishFailed
from messaging.http import Api, ApiContext, Response, accepted, created, ok, problem
from messaging.http.validation import MAX_BODY_BYTES, explain
from messaging.testing import ConsumerHarness, state
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.requests import content, request

Amount = Annotated[float, msgspec.Meta(ge=0)]


class Stop(msgspec.Struct):
    minutes: int


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    fare: Amount
    stops: list[Stop] = []


GOOD = {"name": "cmr", "fare": 12.5}


def api_for(function: Callable[[Order, ApiContext], Response]) -> Api:
    api = Api()
    api.post("/orders", body=Order)(function)
    return api


def order_api() -> Api:
    return api_for(lambda order, context: created({"name": order.name}))


def submit(body: str | None, **extra: Any) -> dict[str, Any]:
    return order_api()(request(body=body, **extra), None)


def good(**changes: object) -> str:
    return json.dumps({**GOOD, **changes})


def test_the_response_to_a_good_request_is_the_functions() -> None:
    response = submit(good())
    assert response["statusCode"] == 201
    assert response["headers"]["content-type"] == "application/json"
    assert content(response) == {"name": "cmr"}


def test_a_base64_body_is_decoded_first() -> None:
    encoded = base64.b64encode(good(name="Zoë").encode()).decode()
    assert content(submit(encoded, isBase64Encoded=True)) == {"name": "Zoë"}


BAD_REQUESTS = {
    "missing": ('{"fare": 1}', "name", "this field is required"),
    "empty object": ("{}", "name", "this field is required"),
    "wrong type": (good(fare="1"), "fare", "expected number, got string"),
    "boolean": (good(fare=True), "fare", "expected number, got boolean"),
    "null": (good(fare=None), "fare", "expected number, got null"),
    "negative": (good(fare=-0.01), "fare", "expected number >= 0.0"),
    "out of range": ('{"name": "cmr", "fare": 1e999}', "fare", "number out of range"),
    "empty text": (good(name=""), "name", "expected string of length >= 1"),
    "unknown": (good(extra=1), "extra", "there is no such field"),
    "nested type": (good(stops=[{"minutes": 1}, {"minutes": "x"}]), "stops[1].minutes", "integer"),
    "nested missing": (good(stops=[{}]), "stops[0].minutes", "this field is required"),
    "not an object": ("[]", "$", "expected object, got array"),
    "json null": ("null", "$", "expected object, got null"),
    "not json": ("name=cmr&fare=1", "$", "not valid JSON"),
    "cut off": ('{"name": "cmr"', "$", "not valid JSON"),
    "not a number": ('{"name": "cmr", "fare": NaN}', "$", "not valid JSON"),
    "trailing": (good() + "}", "$", "not valid JSON"),
    "half a character": ('{"name": "\ud800"}', "$", "not valid JSON"),
    "deeply nested": ("[" * 100_000, "$", "array"),
    "deeply nested field": ('{"stops": ' + '[{"x":' * 20_000, "$", "not valid JSON"),
    "empty": ("", "$", "a JSON body is required"),
    "absent": (None, "$", "a JSON body is required"),
    "too large": (good(name="x" * MAX_BODY_BYTES), "$", "larger than 204800 bytes"),
    "too large in bytes": (good(name="ë" * (MAX_BODY_BYTES // 3)), "$", "larger than"),
}


@pytest.mark.parametrize(("body", "field", "detail"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_bad_body_is_refused_with_the_field_named(
    body: str | None, field: str, detail: str
) -> None:
    response = submit(body)
    assert response["statusCode"] == 400
    assert response["headers"]["content-type"] == "application/problem+json"
    details = content(response)
    assert (details["type"], details["title"], details["status"]) == (
        "about:blank",
        "Bad Request",
        400,
    )
    [error] = details["errors"]
    assert error["field"] == field
    assert detail in error["detail"]


@pytest.mark.parametrize("body", ["%%%", base64.b64encode(b'{"name": "\xff"}').decode()])
def test_a_body_that_is_not_utf_8_is_refused(body: str) -> None:
    response = submit(body, isBase64Encoded=True)
    assert response["statusCode"] == 400
    assert content(response)["errors"][0]["field"] == "$"


def test_a_body_at_the_limit_is_accepted() -> None:
    room = MAX_BODY_BYTES - len(good(name=""))
    assert submit(good(name="x" * room))["statusCode"] == 201


def test_the_name_of_an_unknown_field_is_cut() -> None:
    [error] = content(submit(good(**{" - at `$x" * 10_000: 1})))["errors"]
    assert error["detail"] == "there is no such field"
    assert len(error["field"]) <= 128


@pytest.mark.parametrize(
    ("message", "field", "detail"),
    [
        ("Expected `int`, got `str` - at `key` in `$.fares`", "fares", "expected integer, got str"),
        ("Object missing required field `a` - at `$.d[...]`", "d[...].a", "required"),
        ("Object contains unknown field `x - at y`", "x - at y", "no such field"),
        ("Expected `int | null`, got `str` - at `$[0]`", "[0]", "expected integer | null"),
        ("Something msgspec says one day", "$", "something msgspec says one day"),
    ],
)
def test_every_message_of_the_validation_becomes_field_and_detail(
    message: str, field: str, detail: str
) -> None:
    found, explained = explain(message)
    assert found == field
    assert detail in explained


def test_an_unknown_route_is_not_found() -> None:
    response = order_api()(request("GET /secrets"), None)
    assert response["statusCode"] == 404
    assert content(response)["title"] == "Not Found"


def path_api() -> Api:
    api = Api()

    @api.get("/orders/{id}")
    def one(body: None, context: ApiContext) -> Response:
        return ok({"id": context.path["id"]})

    @api.get("/orders/mine")
    def mine(body: None, context: ApiContext) -> Response:
        return ok({"id": "all of mine"})

    return api


def test_a_path_parameter_is_read_from_the_event() -> None:
    event = request("GET /orders/7", key="GET /orders/{id}", pathParameters={"id": "7"})
    assert content(path_api()(event, None)) == {"id": "7"}


@pytest.mark.parametrize("key", ["$default", "ANY /{proxy+}"])
def test_a_catch_all_route_is_resolved_by_method_and_path(key: str) -> None:
    api = path_api()
    assert content(api(request("GET /orders/7", key=key), None)) == {"id": "7"}
    assert content(api(request("GET /orders/mine", key=key), None)) == {"id": "all of mine"}
    for other in ("GET /orders", "GET /orders/", "GET /orders/7/stops"):
        assert api(request(other, key=key), None)["statusCode"] == 404


def test_the_stage_is_not_part_of_the_path() -> None:
    event = request("GET /prod/orders/7", key="$default")
    event["requestContext"]["stage"] = "prod"
    assert content(path_api()(event, None)) == {"id": "7"}


def test_an_api_lists_its_routes() -> None:
    api = path_api()
    for method in (api.post, api.put, api.patch, api.delete):
        method("/orders")(lambda body, context: accepted())
    assert api.routes == {
        "GET /orders/{id}",
        "GET /orders/mine",
        "POST /orders",
        "PUT /orders",
        "PATCH /orders",
        "DELETE /orders",
    }


def test_a_route_cannot_have_two_functions() -> None:
    with pytest.raises(ValueError, match="POST /orders has a function already"):
        order_api().post("/orders")


def test_a_response_without_a_body_is_empty() -> None:
    response = api_for(lambda order, context: accepted())(request(body=good()), None)
    assert (response["statusCode"], response["body"]) == (202, "")


def test_headers_of_a_response_reach_the_client() -> None:

    api = api_for(lambda order, context: created({}, headers={"location": "/orders/1"}))
    assert api(request(body=good()), None)["headers"]["location"] == "/orders/1"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("order-7_a.B", "order-7_a.B"),
        ("JKJaXmPLvHcESHA=", "JKJaXmPLvHcESHA="),
        ("x" * 128, "x" * 128),
        ("x" * 129, None),
        ("", None),
        ("two words", None),
        ("line\n", None),
        ("<script>", None),
        ("é", None),
    ],
)
@pytest.mark.parametrize("name", ["x-correlation-id", "X-Correlation-Id"])
def test_the_correlation_id_is_the_clients_if_its_characters_are_safe(
    name: str, header: str, expected: str | None
) -> None:
    response = submit(good(), headers={name: header})
    assert response["headers"]["x-correlation-id"] == (expected or "JKJaXmPLvHcESHA=")


def test_every_response_has_the_correlation_id() -> None:
    def fail(order: Order, context: ApiContext) -> Response:
        raise RuntimeError

    headers = {"x-correlation-id": "mine"}
    responses = [
        submit("", headers=headers),
        submit(good(), headers=headers),
        order_api()(request("GET /secrets", headers=headers), None),
        api_for(fail)(request(body=good(), headers=headers), None),
    ]
    assert [response["statusCode"] for response in responses] == [400, 201, 404, 500]
    assert {response["headers"]["x-correlation-id"] for response in responses} == {"mine"}


@pytest.mark.parametrize("key", ["7", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', None])
def test_a_handler_gets_an_idempotency_key_for_that_of_the_client(key: str | None) -> None:
    first, repeated = (own_key(key) for _ in range(2))
    assert first == repeated
    assert (first is None) is (key is None)
    assert first is None or UUID(first)


def own_key(key: str | None, principal: str | None = None, route: str = "POST /orders") -> Any:
    """Return the idempotency key that a handler of the route gets."""
    api, authorizer = Api(), {"lambda": {"principal": principal}} if principal else None
    api.post(route.split()[1])(lambda _, context: ok({"key": context.idempotency_key}))
    event = request(route, headers={"Idempotency-Key": key} if key else {})
    event["requestContext"]["authorizer"] = authorizer
    return content(api(event, None))["key"]


@given(
    st.sets(
        st.tuples(
            st.text(" /\"'[],:a", min_size=1, max_size=5),
            st.none() | st.text("/\"'[],:aé", min_size=1, max_size=5),
            st.sampled_from(["POST /orders", "POST /orders/a", "POST /a/orders"]),
        ),
        min_size=2,
    )
)
def test_an_idempotency_key_belongs_to_its_client_and_route(
    found: set[tuple[str, str | None, str]],
) -> None:
    assert len({own_key(*each) for each in found}) == len(found)


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
def test_an_invalid_idempotency_key_is_refused(key: str) -> None:
    response = submit(good(), headers={"idempotency-key": key})
    assert response["statusCode"] == 400
    assert content(response)["errors"][0]["field"] == "Idempotency-Key"


def test_an_unexpected_error_is_logged_without_the_body_and_not_returned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(order: Order, context: ApiContext) -> Response:
        raise RuntimeError(f"no room for {order.name}")

    response = api_for(fail)(request(body=good(name="Ada Lovelace")), None)
    assert response["statusCode"] == 500
    assert content(response)["detail"] == "Something went wrong on our side."
    printed = capsys.readouterr().out
    assert "Ada" not in printed
    failed, line = map(json.loads, printed.splitlines())
    assert (failed["level"], failed["error"]) == ("ERROR", "RuntimeError")
    assert any("test_api.py" in frame and frame.endswith(" fail") for frame in failed["stack"])
    assert (line["level"], line["status"]) == ("ERROR", 500)


@pytest.mark.parametrize("wrong", [Response(200, object()), None, {"statusCode": 200}])
def test_a_handler_that_returns_no_valid_response_is_an_unexpected_error(wrong: Any) -> None:
    assert api_for(lambda order, context: wrong)(request(body=good()), None)["statusCode"] == 500


def test_a_failed_publication_returns_503_with_retry_after() -> None:
    def fail(order: Order, context: ApiContext) -> Response:
        raise PublishFailed

    response = api_for(fail)(request(body=good()), None)
    assert response["statusCode"] == 503
    assert response["headers"]["retry-after"] == "1"
    assert response["headers"]["content-type"] == "application/problem+json"


def test_a_request_is_one_line_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    path_api()(request("GET /orders/ada", key="$default", headers={"x-correlation-id": "c"}), None)
    printed = capsys.readouterr().out
    assert "ada" not in printed
    line = json.loads(printed)
    assert line.pop("durationMs") >= 0
    assert line.pop("timestamp")
    assert line == {
        "level": "INFO",
        "event": "request answered",
        "method": "GET",
        "route": "GET /orders/{id}",
        "status": 200,
        "correlationId": "c",
        "requestId": "JKJaXmPLvHcESHA=",
    }


def test_a_published_event_has_the_correlation_id(
    make_harness: Callable[..., ConsumerHarness],
) -> None:
    harness = make_harness(publishes=(OrderPacked,))
    context = ApiContext(request_id="r", correlation_id="c", path={})
    ids = [context.publish(OrderPacked(id="1"))]
    ids.append(context.publish(OrderPacked(id="1"), message_id="m"))
    assert ids[1] == "m"
    headers = [state(each["MessageAttributes"]["header"]) for each in harness.published()]
    assert [header["id"] for header in headers] == ids
    assert {header["correlationid"] for header in headers} == {"c"}


def test_an_event_of_another_kind_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        order_api()({"Records": []}, None)


def test_a_problem_may_have_members_of_its_own() -> None:
    response = problem(422, "No.", balance=30)
    assert response.status == 422
    assert response.body == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "No.",
        "balance": 30,
    }
