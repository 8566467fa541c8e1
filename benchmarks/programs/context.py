"""Lambda's context object."""


class Context:
    """The attributes that the contenders read."""

    aws_request_id = "request"
    function_name = "bench"
    function_version = "1"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the time-out."""
        return 30_000
