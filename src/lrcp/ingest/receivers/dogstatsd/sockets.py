"""The sockets that DogStatsD is received on, and what the kernel tells about what they lost."""

import errno
import logging
import os
import socket
import stat
from pathlib import Path
from typing import Final

from lrcp.model.errors import SettingsError

log = logging.getLogger(__name__)

RECEIVE_BUFFER_BYTES: Final = 16 * 1024 * 1024
"""Asked for; the kernel gives at most net.core.rmem_max unless we may override it. It absorbs bursts while we parse."""

_SO_RCVBUFFORCE: Final = 33
_SOCKET_MODE: Final = 0o722
"""Everybody may write, as with the agent's socket: applications run as other users."""


def open_udp_socket(host: str, port: int) -> socket.socket:
    """A bound, non-blocking UDP socket with a large receive buffer; port 0 is any free one.

    Raises: SettingsError - the address cannot be bound.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"DogStatsD: {host!r} is no address to listen on: {error}") from error
    try:
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise SettingsError(f"DogStatsD: cannot listen on UDP {host}:{port}: {error.strerror}") from error
    return _prepared(sock)


def open_unix_socket(path: Path, kind: socket.SocketKind) -> socket.socket:
    """A bound, non-blocking Unix socket (SOCK_DGRAM, or SOCK_STREAM that listens). A stale file is replaced.

    Raises: SettingsError - something listens there, the path is no socket, or it cannot be bound.
    """
    _remove_stale(path, kind)
    sock = socket.socket(socket.AF_UNIX, kind)
    try:
        sock.bind(str(path))
        path.chmod(_SOCKET_MODE)
        if kind == socket.SOCK_STREAM:
            sock.listen(128)
    except OSError as error:
        sock.close()
        raise SettingsError(f"DogStatsD: cannot listen on {path}: {error}") from error
    return _prepared(sock)


def _remove_stale(path: Path, kind: socket.SocketKind) -> None:
    """Remove the socket file that a dead process left; never one that somebody listens on."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SettingsError(f"DogStatsD: {path} exists and is not a socket; choose another path")
    with socket.socket(socket.AF_UNIX, kind) as probe:
        probe.setblocking(False)
        outcome = probe.connect_ex(str(path))
    if outcome not in (errno.ECONNREFUSED, errno.ENOENT):
        raise SettingsError(f"DogStatsD: another process listens on {path}")
    path.unlink(missing_ok=True)


def _prepared(sock: socket.socket) -> socket.socket:
    sock.setblocking(False)
    for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER_BYTES)
        except OSError:
            continue  # the privileged option is not ours to use; the plain one is granted up to the system's limit
        break
    return sock


def kernel_drops(sock: socket.socket) -> int:
    """Datagrams that the kernel dropped on this UDP socket since it was opened, because its buffer was full.

    Returns: 0 where the kernel does not say (not Linux, not UDP).
    """
    tables = {socket.AF_INET: "/proc/net/udp", socket.AF_INET6: "/proc/net/udp6"}
    table = tables.get(sock.family)
    if table is None:
        return 0
    inode = str(os.fstat(sock.fileno()).st_ino)
    try:
        with open(table, encoding="ascii") as rows:
            return next((int(cells[12]) for row in rows if (cells := row.split())[9:10] == [inode]), 0)
    except OSError:
        return 0
