"""Errors: for an exception AWS returns its message, class, request id and stack trace.

MiniStack returns the message, and `Runtime.HandlerError` as the class of every exception. This
patch makes the function's process report the fields of AWS's runtime, and returns them.
"""

from contextvars import ContextVar
from typing import Any, Final

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker
from ministack.services import lambda_svc

from ops.emulator_patches.replacing import replace_function, replace_text

Body = dict[str, Any]

# The worker script's fields for an exception `e`.
_FIELDS: Final = '"error": str(e), "trace": traceback.format_exc()'
# The first frame of the traceback belongs to the worker.
_WITH_BODY: Final = f"""{_FIELDS}, "body": {{
                "errorMessage": str(e), "errorType": type(e).__name__,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(e.__traceback__)[1:]}}"""

# The exception of this thread's invocation, for the response.
_raised: ContextVar[Body | None] = ContextVar("_raised", default=None)


def _invoke(worker: Any, event: Any, request_id: str, **options: Any) -> Body:
    result: Body = _invoke_worker(worker, event, request_id, **options)
    _raised.set(result.get("body"))
    return result


def _execute(func: Body, event: Any, request_id: str) -> Body:
    _raised.set(None)
    response: Body = _execute_warm(func, event, request_id)
    if body := _raised.get():
        response["body"] = body
    return response


replace_text(lambda_runtime, "_PYTHON_WORKER_SCRIPT", _FIELDS, _WITH_BODY)
_invoke_worker = replace_function(Worker, "invoke", _invoke, "self", "event", "request_id")
_execute_warm = replace_function(
    lambda_svc, "_execute_function_warm", _execute, "func", "event", "request_id"
)
