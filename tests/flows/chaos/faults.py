"""The process that injects faults."""

import itertools
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import urllib3

from ops.local import processes
from ops.local.environment import LOOPBACK
from ops.paths import ROOT
from tests.flows.chaos import proxy
from tests.flows.chaos.rules import CALLS, rules

_PARTIAL: Final = 0.08
_START_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    url: str

    def inject(self, outage: str | None) -> None:
        """Replace the faults that are injected from now on."""
        self._ask("POST", "/_microburst/rules", rules(outage))
        self._ask("PUT", proxy.PATH, {"probability": _PARTIAL})

    def stop_injecting(self) -> None:
        """Let everything pass."""
        self._ask("POST", "/_microburst/rules", [])
        self._ask("PUT", proxy.PATH, {"probability": 0})

    def fired(self) -> Counter[str]:
        """Return how often each kind of fault was injected."""
        kinds: Counter[str] = Counter()
        for line in self._ask("GET", "/_microburst/metrics").data.decode().splitlines():
            if line.startswith("microburst_faults_total{"):
                labels, _, count = line.rpartition(" ")
                kinds[_kind(labels)] += int(float(count))
        partial: dict[str, int] = self._ask("GET", proxy.PATH).json()
        kinds["part of a batch failed"] = sum(partial.values())
        return +kinds

    def _ask(self, method: str, path: str, body: Any = None) -> urllib3.BaseHTTPResponse:
        answer = urllib3.request(method, self.url + path, json=body, timeout=10, retries=False)
        assert answer.status < 300, answer.data
        return answer


def _kind(labels: str) -> str:
    words = {
        "Throttl": "throttled",
        "Throughput": "throttled",
        "error:": "server error",
        "abort": "answer lost",
        "response": "answer lost",
        "reset": "connection reset",
        "timeout": "held, then 504",
        "latency": "delayed",
    }
    return next((kind for word, kind in words.items() if word in labels), labels)


def rotate(proxy_: Proxy, seconds: float, over: Callable[[], bool]) -> None:
    """Let each operation in turn have an outage of so many seconds, until it is over."""
    for operation in itertools.cycle((None, *(operation for _, operation in CALLS[:4]))):
        proxy_.inject(operation)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if over():
                return
            time.sleep(0.1)


def free_port() -> int:
    """Return a port that is free, and unlikely to be taken by one who starts at the same time."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(upstream: str, log: Path) -> Iterator[Proxy]:
    """Run a proxy on a free port, its complaints in `log`; end it with the block."""
    port = free_port()
    command = (sys.executable, "-m", "tests.flows.chaos.proxy", upstream, str(port))
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield _ready(Proxy(f"http://{LOOPBACK}:{port}"), process)
    finally:
        processes.stop_tree(process.pid)
        process.wait()


def _ready(started: Proxy, process: "subprocess.Popen[bytes]") -> Proxy:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib3.request("GET", f"{started.url}/_microburst/health", timeout=1, retries=False)
        except (urllib3.exceptions.HTTPError, OSError):
            time.sleep(0.05)
        else:
            return started
    raise RuntimeError(f"the proxy at {started.url} does not answer")
