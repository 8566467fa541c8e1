"""Invocations over real connections, which fail with the SDK's own exceptions."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from messaging import CallFailed, CallTimedOut, Rejected
from messaging.sending import invocations
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import Settings
from messaging.wire.header import Header
from tests.unit.messaging.fake_lambda import ARN, Clock
from tests.unit.messaging.requesting_service import ReserveStock, StockReserved

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

# Responds to a request; the number is how many requests there were before.
Respond = Callable[[BaseHTTPRequestHandler, int], None]


class Server:
    """A local server that responds by `respond`, and counts connections and requests."""

    def __init__(self) -> None:
        self.connections, self.invocations = set[object](), 0
        self.respond: Respond = accept
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.connections.add(self.client_address)
                outer.invocations += 1
                outer.respond(self, outer.invocations - 1)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        host, port = self.http.server_address[:2]
        return f"http://{host!s}:{port}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", server.url)
    yield server
    server.released.set()
    server.http.shutdown()
    server.http.server_close()
    thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def accept(handler: BaseHTTPRequestHandler, _: int) -> None:
    send(handler, 202, b"")


def reserve(handler: BaseHTTPRequestHandler, _: int) -> None:
    send(handler, 200, b'{"result": {"order": "1"}}')


def hang_up(handler: BaseHTTPRequestHandler, earlier: int) -> None:
    """Close the connection of the first request; respond to the others."""
    if earlier:
        reserve(handler, earlier)
    else:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)


def message() -> OutgoingMessage:
    config = Settings(stage="test", service="Test", msg_out_arn="")
    return compose(ReserveStock(order="1"), Header(id="m"), config, Address("function", ARN))


def invoke(timeout: float, *, idempotent: bool = False) -> StockReserved | Rejected:
    return invocations.invoke(message(), StockReserved, timeout=timeout, idempotent=idempotent)


def test_invocations_use_one_connection(server: Server) -> None:
    server.respond = reserve
    for _ in range(3):
        assert invoke(10) == StockReserved(order="1")

    assert server.invocations == 3
    assert len(server.connections) == 1


def test_invocations_without_waiting_use_one_connection(server: Server) -> None:
    for _ in range(3):
        invocations.invoke_without_waiting(message())

    assert server.invocations == 3
    assert len(server.connections) == 1


def test_a_function_that_is_too_slow_has_timed_out_and_is_invoked_once(server: Server) -> None:
    def wait(*_: object) -> None:
        server.released.wait(10)

    server.respond = wait

    with pytest.raises(CallTimedOut, match=r"returned no result within 0\.1 s"):
        invoke(0.1)

    assert server.invocations == 1


def test_a_connection_that_breaks_fails_the_invocation(server: Server) -> None:
    server.respond = hang_up

    with pytest.raises(CallFailed, match="ConnectionClosedError") as caught:
        invoke(10)

    assert not isinstance(caught.value, CallTimedOut)
    assert server.invocations == 1


def test_an_idempotent_invocation_is_repeated_after_a_broken_connection(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invocations, "time", Clock())
    server.respond = hang_up

    assert invoke(10, idempotent=True) == StockReserved(order="1")
    assert server.invocations == 2


def test_a_server_that_is_not_there_is_tried_until_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(invocations, "time", clock)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{port}")

    with pytest.raises(CallFailed, match="EndpointConnectionError"):
        invoke(5)

    assert len(clock.slept) > 3
