"""Loopback ports: which are free, and who sits on those that are not."""

from __future__ import annotations

import random
import socket

import psutil

from avatar.errors import SetupProblem
from runtime.settings import LOOPBACK

# Below Linux' range for outgoing connections (32768..60999), so that no client socket takes a port between our
# choosing it and the server's binding it.
CHOOSE_FROM = range(15000, 32000)
ATTEMPTS = 200


def can_bind(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on ``host:port`` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = LOOPBACK, *, taken: frozenset[int] = frozenset()) -> int:
    """A port on ``host`` that nobody listens on and that is not in ``taken``. Raises SetupProblem when none is."""
    chooser = random.SystemRandom()
    for _ in range(ATTEMPTS):
        port = chooser.choice(CHOOSE_FROM)
        if port not in taken and can_bind(port, host):
            return port
    raise SetupProblem(f"No free port found on {host} after {ATTEMPTS} attempts", mend="Close unused servers.")


def claim_port(port: int, part: str, setting: str, host: str = LOOPBACK, *, taken: frozenset[int] = frozenset()) -> int:
    """``port`` when it is free, any free one when it is 0.

    Raises SetupProblem naming the part, the process that listens there and the setting that moves the part.
    """
    if port == 0:
        return free_port(host, taken=taken)
    if port in taken:
        raise SetupProblem(
            f"Port {port} ({part}) is given to two parts of the stack", mend=f"Set {setting} to a free port or 0."
        )
    if not can_bind(port, host):
        holder = port_holder(port)
        raise SetupProblem(
            f"Port {port} ({part}) is in use by {holder or 'another program'}",
            mend=f"Set {setting} to a free port or 0.",
            setting=setting,
        )
    return port


def port_holder(port: int) -> str | None:
    """The process that listens on ``port``, as ``name (pid n)``; None when it is not to be seen from here."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            if connection.pid is None:
                return None
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                return f"pid {connection.pid}"
    return None
