"""Chooses the emulator's port."""

import socket

import psutil

from ops.errors import OpsError, PortTaken
from ops.local.environment import LOOPBACK

DEFAULT = 4566
_TRIES = 100


def free(port: int) -> bool:
    """Return whether the port is free, on loopback and on all interfaces."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(wanted: int | None, first: int = DEFAULT) -> int:
    """Return the wanted port if it is free, by default the first free port from `first` on.

    Raises PortTaken for a wanted port, OpsError if no port is free.
    """
    if wanted is not None:
        if not free(wanted):
            raise PortTaken(wanted, owner(wanted))
        return wanted
    for port in range(first, first + _TRIES):
        if free(port):
            return port
    raise OpsError(f"no free port from {first} to {first + _TRIES - 1}. Choose one with --port")


def owner(port: int) -> str:
    """Return the name and id of the process on a port, if this user may see them."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return "another process"
