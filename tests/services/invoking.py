"""Lambda in this process: a function that is invoked runs with settings of its own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError

from messaging.settings import Settings, settings
from messaging.testing import FakeLambdaContext

Handler = Callable[[Mapping[str, Any], Any], Any]


@dataclass
class Lambda:
    """A Lambda client that has one function. `payloads` are what it was invoked with."""

    function: str
    handler: Handler
    surroundings: Settings
    configure: Callable[[Settings], None]
    payloads: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - Lambda's
        """Run the function as Lambda does; raises ClientError where there is no such function."""
        if FunctionName != self.function:
            raise refusal("ResourceNotFoundException", 404)
        self.payloads.append(json.loads(Payload))
        caller = settings()
        self.configure(self.surroundings)
        try:
            answer = self.handler(self.payloads[-1], FakeLambdaContext())
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda answers with it
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"FunctionError": "Unhandled", "Payload": _stream(failure)}
        finally:
            self.configure(caller)
        return {"Payload": _stream(answer)}


def refusal(code: str, status: int) -> ClientError:
    """Return the error that the client raises when Lambda runs no function."""
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Invoke")


def _stream(document: object) -> BytesIO:
    return BytesIO(json.dumps(document).encode())
