"""The calls that send one request with a time limit, each of which may fail."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import pytest
from botocore.exceptions import ClientError

from messaging.aws import clients as aws
from tests.unit.messaging.doubles import Killed
from tests.unit.messaging.requesting_service import no_response

# AWS refuses the call; its response is lost before or after AWS has acted; the process ends.
Fault = Literal["refused", "lost before", "lost after", "killed before", "killed after"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
CALLS = (
    ("dynamodb", "update_item"),
    ("sqs", "send_message_batch"),
    ("sns", "publish_batch"),
)
# In the order of the calls: the item is written, the time-out leaves, the request leaves. If one of
# the last two fails, the next call withdraws the request.
ITEM, NOTICE, REQUEST = range(3)


class FailingCalls:
    """Lets the calls with these numbers fail; `made` counts the calls."""

    def __init__(self, faults: Mapping[int, Fault], patch: pytest.MonkeyPatch) -> None:
        """Replace the operations of the clients."""
        self._faults, self.made = faults, 0
        for service, operation in CALLS:
            client = aws.client(service)
            patch.setattr(client, operation, self._failing(getattr(client, operation)))

    def _failing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(**params: Any) -> Any:
            if not _of_request(params):
                return real(**params)
            number, self.made = self.made, self.made + 1
            return _act(self._faults.get(number), real, params)

        return call


def _of_request(params: Mapping[str, Any]) -> bool:
    """Whether a call belongs to a request: the copy of the handled message does not."""
    entries = params.get("Entries")
    return entries is None or '"request_id"' in entries[0]["MessageBody"]


def _act(fault: Fault | None, real: Callable[..., Any], params: Mapping[str, Any]) -> Any:
    if fault == "refused":
        return _refuse(params)
    if fault == "lost before":
        no_response()
    if fault == "killed before":
        raise Killed
    response = real(**params)
    if fault == "lost after":
        no_response()
    if fault == "killed after":
        raise Killed
    return response


def _refuse(params: Mapping[str, Any]) -> dict[str, Any]:
    entries = params.get("Entries") or params.get("PublishBatchRequestEntries")
    if entries is None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
    return {"Failed": [{"Id": each["Id"], "Code": "Throttled"} for each in entries]}
