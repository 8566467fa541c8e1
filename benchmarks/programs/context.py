"""Lambda's context object."""


class Context:
    """What both sides read of Lambda's context."""

    aws_request_id = "request"
    function_name = "bench"
    function_version = "1"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left."""
        return 30_000
