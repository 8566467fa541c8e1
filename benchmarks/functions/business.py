"""What the handlers of both sides do with an order: nothing, unless a run is to be noted."""

import os

# Where to note each run, one line each; a file of the machine that all workers share.
_FILE = os.environ.get("BENCH_NOTES")
# Orders whose number ends in 00 to 09 fail until this attempt: runs of ten, as in an outage.
_SUCCEEDS_AT = int(os.environ.get("BENCH_SUCCEEDS_AT", "1"))


def place(order_id: str, attempt: int) -> None:
    """Place an order; raises TimeoutError for one that is to fail this time."""
    if _FILE is None:
        return
    fails = order_id[-2] == "0" and attempt < _SUCCEEDS_AT
    # Opened each time: a write in append mode is atomic between processes.
    note = os.open(_FILE, os.O_WRONLY | os.O_APPEND)
    os.write(note, f"{order_id} {'failed' if fails else 'done'}\n".encode())
    os.close(note)
    if fails:
        raise TimeoutError("the warehouse did not answer")
