"""Which of the wanted ports are taken, and by whom."""

import errno
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lrcp.app.settings import variable_name

_PROC_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6")}
_TCP_LISTEN = "0A"


@dataclass(frozen=True, kw_only=True)
class PortUse:
    """A port that a process wants, and the setting that chooses it."""

    setting: str
    host: str
    port: int
    kind: Literal["tcp", "udp"] = "tcp"

    @property
    def option(self) -> str:
        """The option of the command, such as --gateway-port."""
        return f"--{self.setting.replace('_', '-')}"


@dataclass(frozen=True, kw_only=True)
class TakenPort:
    """A wanted port that cannot be had. holder: who has it, '' when that cannot be seen."""

    use: PortUse
    holder: str

    def __str__(self) -> str:
        by = f" by {self.holder}" if self.holder else " by another process"
        change = f"{self.use.option} or {variable_name(self.use.setting)}"
        return f"port {self.use.port}/{self.use.kind} is taken{by}; choose another with {change}"


def find_taken(uses: Iterable[PortUse]) -> list[TakenPort]:
    """The ports that cannot be listened on now; two settings that name one port count as taken too. 0 is always free."""
    taken, seen = [], dict[tuple[str, int], PortUse]()
    for use in uses:
        if use.port == 0:
            continue
        other = seen.setdefault((use.kind, use.port), use)
        if other is not use:
            taken.append(TakenPort(use=use, holder=f"our own {other.option}"))
        elif not _can_bind(use):
            taken.append(TakenPort(use=use, holder=find_holder(use.port, use.kind)))
    return taken


def _can_bind(use: PortUse) -> bool:
    family = socket.AF_INET6 if ":" in use.host else socket.AF_INET
    kind = socket.SOCK_STREAM if use.kind == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as probe:
        if use.kind == "tcp":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((use.host, use.port))
        except OSError as error:
            # Only these say that the port is not to be had; an unknown host is said by the process that binds it.
            return error.errno not in (errno.EADDRINUSE, errno.EACCES)
    return True


def find_holder(port: int, kind: Literal["tcp", "udp"] = "tcp") -> str:
    """`name (process id)` of the process that listens on a port; '' when it cannot be seen (not Linux, another user's)."""
    inodes = set(_listening_inodes(port, kind))
    if not inodes:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & set(_socket_inodes(process)):
            return f"{_process_name(process)} (process {process.name})"
    return ""


def _listening_inodes(port: int, kind: Literal["tcp", "udp"]) -> Iterator[str]:
    for table in _PROC_TABLES[kind]:
        path = Path("/proc/net", table)
        if not path.exists():
            continue
        for line in path.read_text().splitlines()[1:]:
            columns = line.split()
            local, state, inode = columns[1], columns[3], columns[9]
            if int(local.rpartition(":")[2], 16) == port and (kind == "udp" or state == _TCP_LISTEN):
                yield inode


def _socket_inodes(process: Path) -> Iterator[str]:
    try:
        for link in (process / "fd").iterdir():
            target = str(link.readlink())
            if target.startswith("socket:["):
                yield target[8:-1]
    except OSError:
        return  # ended meanwhile, or another user's


def _process_name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"
