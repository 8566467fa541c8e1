"""Reserves the emulator's port."""

import socket

import psutil

from ops.errors import OpsError, PortTaken
from ops.local.environment import LOOPBACK

DEFAULT = 4566
_TRIES = 100


def reserve(wanted: int | None, first: int = DEFAULT) -> socket.socket:
    """Return a socket that listens on the wanted port, by default on the first free port.

    Raises PortTaken for a wanted port, OpsError if no port from `first` on is free.
    """
    if wanted is not None:
        if found := _listen(wanted):
            return found
        raise PortTaken(wanted, owner(wanted))
    for port in range(first, first + _TRIES):
        if found := _listen(port):
            return found
    raise OpsError(f"no free port from {first} to {first + _TRIES - 1}. Choose one with --port")


def _listen(port: int) -> socket.socket | None:
    """Return a listening socket, None if another process listens on loopback or everywhere."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it; with it a small response is sent at once.
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        found.bind((LOOPBACK, port))
        found.listen()
    except OSError:
        found.close()
        return None
    return found


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
