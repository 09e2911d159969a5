"""The socket that all workers of an instance accept on: held by the supervisor, so that no death closes it."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket

_WAITING = 2048


class CannotListen(RuntimeError):
    """The address cannot be taken; why, and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one.

    One socket is shared, not one a worker: what waits for a worker that dies is then taken by another.

    Raises:
        CannotListen: the port is taken, the host is not ours, or it needs more rights.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, proto)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(_WAITING)
        except OSError:
            found.close()
            raise
    except OSError as error:
        raise CannotListen(_told(host, port, error)) from error
    found.setblocking(False)
    return found


def _told(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"--host == {host!r}, must be an address of this machine, as in 127.0.0.1 or 0.0.0.0"
    if error.errno == errno.EADDRINUSE:
        return f"--port == {port}, must be free: another process listens there; try --port {port + 1}, or 0 for any"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"--port == {port}, must be one that this user may take: 1024 or more"
    return f"--host == {host!r}, --port == {port}: {error}"


def instance_name(host: str, port: int) -> str:
    """What tells this instance from others on the same home; the same after a restart."""
    if is_loopback(host) or host in ("0.0.0.0", "::", ""):
        return str(port)
    return f"{re.sub(r'[^A-Za-z0-9.]', '-', host)}-{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
