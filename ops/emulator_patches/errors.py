"""Errors: AWS answers an exception of a function with its message, class, request and traceback.

MiniStack answers the message alone, and the class `Runtime.HandlerError` for whatever was raised.
Here the function's process says what AWS's runtime says, and that becomes the answer.
"""

from contextvars import ContextVar
from typing import Any, Final

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker
from ministack.services import lambda_svc

from ops.emulator_patches.replacing import replace_function, replace_text

Body = dict[str, Any]

# What the worker's script says when the handler raised `e`.
_SAID: Final = '"error": str(e), "trace": traceback.format_exc()'
# The first frame of the traceback is the worker's own.
_WITH_BODY: Final = f"""{_SAID}, "body": {{
                "errorMessage": str(e), "errorType": type(e).__name__,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(e.__traceback__)[1:]}}"""

# What the invocation of this thread raised, between the worker and the answer made of it.
_raised: ContextVar[Body | None] = ContextVar("_raised", default=None)


def _invoke(worker: Any, event: Any, request_id: str, **options: Any) -> Body:
    said: Body = _invoke_worker(worker, event, request_id, **options)
    _raised.set(said.get("body"))
    return said


def _execute(func: Body, event: Any, request_id: str) -> Body:
    _raised.set(None)
    answer: Body = _execute_warm(func, event, request_id)
    if body := _raised.get():
        answer["body"] = body
    return answer


replace_text(lambda_runtime, "_PYTHON_WORKER_SCRIPT", _SAID, _WITH_BODY)
_invoke_worker = replace_function(Worker, "invoke", _invoke, "self", "event", "request_id")
_execute_warm = replace_function(
    lambda_svc, "_execute_function_warm", _execute, "func", "event", "request_id"
)
