"""Lambda over HTTP with given responses, and a clock that moves only when a test moves it."""

import io
import json
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from messaging.aws import clients as aws
from messaging.sending import invocations

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:test-Stock-check"


class Response(msgspec.Struct, frozen=True):
    """A response of Lambda; `error` is the header X-Amz-Function-Error."""

    payload: bytes = b""
    status: int = 200
    error: str | None = None
    headers: dict[str, str] = {}


class Invocation(msgspec.Struct, frozen=True):
    """A request to Lambda; `timeout` is the client's, in seconds."""

    function: str
    kind: str
    payload: dict[str, Any]
    timeout: float | None


class Clock:
    """Replaces the module `time`; its seconds pass in `sleep`, and when a test adds to `now`."""

    def __init__(self) -> None:
        """Start at no round number."""
        self.now = 1234.5678
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Return the seconds so far."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.slept.append(seconds)
        self.now += seconds


# The runtime's own clients by their timeout; the first one of a test would cost it 0.1 s.
_clients: dict[float | None, Any] = {}

# A response or a failed connection, or a function that returns one after some time.
Outcome = Response | Exception
Behaviour = Outcome | Callable[[], Outcome]


class FakeLambda:
    """Lambda: its responses are those of `respond`, one after the other; the last one repeats."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Replace AWS, and the clock and the random numbers of the runtime."""
        self.invocations: list[Invocation] = []
        self.clock = Clock()
        self._behaviours = deque[Behaviour]()
        self._real = aws.client
        patch.setattr(aws, "client", self._client)
        patch.setattr(invocations, "time", self.clock)
        # Each pause is the longest possible one.
        patch.setattr(invocations, "random", SimpleNamespace(uniform=lambda _, high: high))

    def respond(self, *behaviours: Behaviour) -> None:
        """Set the responses from now on."""
        self._behaviours = deque(behaviours)

    def after(self, seconds: float, outcome: Outcome) -> Behaviour:
        """Return the behaviour of responding after so many seconds."""

        def wait() -> Outcome:
            self.clock.now += seconds
            return outcome

        return wait

    @property
    def timeouts(self) -> list[float | None]:
        """The timeout of each invocation."""
        return [each.timeout for each in self.invocations]

    def _client(self, service: str, *, timeout: float | None = None) -> Any:
        if service != "lambda":
            return self._real(service, timeout=timeout)
        client = _clients[timeout] = _clients.get(timeout) or self._real(service, timeout=timeout)

        def send(request: Any, **_: object) -> AWSResponse:
            return self._send(request, client.meta.config.read_timeout)

        events, name = client.meta.events, "before-send.lambda.Invoke"
        events.unregister(name, unique_id="fake")
        events.register_first(name, send, unique_id="fake")
        return client

    def _send(self, request: Any, timeout: float | None) -> AWSResponse:
        function = unquote(request.url.split("/functions/")[1].removesuffix("/invocations"))
        kind = request.headers.get("X-Amz-Invocation-Type", b"")
        kind = kind.decode() if isinstance(kind, bytes) else kind
        self.invocations.append(Invocation(function, kind, json.loads(request.body), timeout))
        more = len(self._behaviours) > 1
        behaviour = self._behaviours.popleft() if more else self._behaviours[0]
        outcome = behaviour() if callable(behaviour) else behaviour
        if isinstance(outcome, Exception):
            raise outcome
        headers = {"Content-Length": str(len(outcome.payload)), **outcome.headers}
        if outcome.error:
            headers["X-Amz-Function-Error"] = outcome.error
        raw = _Raw(outcome.payload)
        return AWSResponse(request.url, outcome.status, HTTPHeaders.from_dict(headers), raw)


class _Raw(io.BytesIO):
    """What botocore reads a response from."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def result(document: object) -> Response:
    """Return the response of a function whose handler returned a document."""
    return returned({"result": document})


def returned(document: object) -> Response:
    """Return the response of a function that returned any document."""
    return Response(json.dumps(document).encode())


def raised(document: object) -> Response:
    """Return the response to the invocation of a function that failed."""
    return Response(json.dumps(document).encode(), error="Unhandled")


def refused(status: int, code: str, message: str = "no") -> Response:
    """Return the response to an invocation that Lambda refuses."""
    body = json.dumps({"Type": "User", "Message": message}).encode()
    return Response(body, status, headers={"x-amzn-ErrorType": code})
