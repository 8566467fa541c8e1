"""Lambda as it answers over HTTP, and a clock that only moves when it is told to."""

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
from messaging.sending import invocations as calls

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:test-Stock-check"


class Reply(msgspec.Struct, frozen=True):
    """What Lambda answers; `error` is the header X-Amz-Function-Error."""

    payload: bytes = b""
    status: int = 200
    error: str | None = None
    headers: dict[str, str] = {}


class Asked(msgspec.Struct, frozen=True):
    """What Lambda was asked; `wait` is for how many seconds the client would have waited."""

    function: str
    kind: str
    payload: dict[str, Any]
    wait: float | None


class Clock:
    """Seconds that pass when somebody sleeps, or when they are let pass."""

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


# The runtime's own clients by how long they wait; the first of a test would cost it 0.1 s.
_clients: dict[float | None, Any] = {}

# An answer, how the connection fails, or what comes of it while time passes.
Outcome = Reply | Exception
Answer = Outcome | Callable[[], Outcome]


class Functions:
    """Lambda: gives its answers one after the other, the last one again and again."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Answer in the place of AWS, and take the runtime's clock and dice."""
        self.asked: list[Asked] = []
        self.clock = Clock()
        self._answers = deque[Answer]()
        self._real = aws.client
        patch.setattr(aws, "client", self._client)
        patch.setattr(calls, "time", self.clock)
        # The longest pause that there can be.
        patch.setattr(calls, "random", SimpleNamespace(uniform=lambda _, high: high))

    def answer(self, *answers: Answer) -> None:
        """Answer so from now on."""
        self._answers = deque(answers)

    def after(self, seconds: float, outcome: Outcome) -> Answer:
        """Return the answer that comes after so many seconds."""

        def wait() -> Outcome:
            self.clock.now += seconds
            return outcome

        return wait

    @property
    def waits(self) -> list[float | None]:
        """For how many seconds each call would have waited."""
        return [each.wait for each in self.asked]

    def _client(self, service: str, *, wait: float | None = None) -> Any:
        if service != "lambda":
            return self._real(service, wait=wait)
        client = _clients[wait] = _clients.get(wait) or self._real(service, wait=wait)

        def send(request: Any, **_: object) -> AWSResponse:
            return self._send(request, client.meta.config.read_timeout)

        events, name = client.meta.events, "before-send.lambda.Invoke"
        events.unregister(name, unique_id="functions")
        events.register_first(name, send, unique_id="functions")
        return client

    def _send(self, request: Any, wait: float | None) -> AWSResponse:
        function = unquote(request.url.split("/functions/")[1].removesuffix("/invocations"))
        kind = request.headers.get("X-Amz-Invocation-Type", b"")
        kind = kind.decode() if isinstance(kind, bytes) else kind
        self.asked.append(Asked(function, kind, json.loads(request.body), wait))
        answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        outcome = answer() if callable(answer) else answer
        if isinstance(outcome, Exception):
            raise outcome
        headers = {"Content-Length": str(len(outcome.payload)), **outcome.headers}
        if outcome.error:
            headers["X-Amz-Function-Error"] = outcome.error
        raw = _Raw(outcome.payload)
        return AWSResponse(request.url, outcome.status, HTTPHeaders.from_dict(headers), raw)


class _Raw(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def result(document: object) -> Reply:
    """Return the answer of a function that did what it was asked."""
    return Reply(json.dumps({"result": document}).encode())


def said(document: object) -> Reply:
    """Return the answer of a function that returned a document of its own."""
    return Reply(json.dumps(document).encode())


def raised(document: object) -> Reply:
    """Return what Lambda answers for a function that failed."""
    return Reply(json.dumps(document).encode(), error="Unhandled")


def refused(status: int, code: str, message: str = "no") -> Reply:
    """Return what Lambda answers when it refuses to call the function."""
    body = json.dumps({"Type": "User", "Message": message}).encode()
    return Reply(body, status, headers={"x-amzn-ErrorType": code})
