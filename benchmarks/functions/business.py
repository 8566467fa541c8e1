"""The business logic of all contenders: nothing, or a line in a file for each handler run."""

import os

# A file that all workers share: one line for each handler run.
_FILE = os.environ.get("BENCH_NOTES")
# Orders whose number ends in 00 to 09 fail until this attempt: runs of ten, as in an outage.
_SUCCEEDS_AT = int(os.environ.get("BENCH_SUCCEEDS_AT", "1"))


def place(order_id: str, attempt: int) -> None:
    """Place an order; raises TimeoutError if this attempt must fail."""
    if _FILE is None:
        return
    fails = order_id[-2] == "0" and attempt < _SUCCEEDS_AT
    # Opened each time: a write in append mode is atomic between processes.
    file = os.open(_FILE, os.O_WRONLY | os.O_APPEND)
    os.write(file, f"{order_id} {'failed' if fails else 'done'}\n".encode())
    os.close(file)
    if fails:
        raise TimeoutError("the warehouse did not answer")
