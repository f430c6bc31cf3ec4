"""The last good policy on disk, so that a gateway starts with it when nobody can be asked."""

import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec

from lrcp.model.errors import DecodeError
from lrcp.model.policy.document import PolicyVersion
from lrcp.model.policy.scope import Record

FILE_NAME: Final = "gateway-policy.json"
MAX_FILE_BYTES: Final = 4 * 1024 * 1024


class KeptPolicy(Record, frozen=True, kw_only=True):
    """What stands in the file. asked_ns: when its source was asked, Unix nanoseconds."""

    asked_ns: int
    kept: PolicyVersion


class PolicyFile:
    """One file that all worker processes of a gateway share; readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> PolicyVersion | None:
        """What was kept; None when nothing was. Raises: DecodeError, OSError - the file cannot be used; says why."""
        found = self._read()
        return None if found is None else found.kept

    def save(self, version: PolicyVersion, asked_ns: int) -> None:
        """Keep a version, whole or not at all, unless another process keeps one that was asked for later.

        Raises: OSError - the disk is full, the folder is not writable.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path.with_suffix(".lock"), "w", opener=_open_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._has_later(asked_ns):
                self._write(msgspec.json.encode(KeptPolicy(asked_ns=asked_ns, kept=version)))

    def _has_later(self, asked_ns: int) -> bool:
        try:
            found = self._read()
        except DecodeError:
            return False
        return found is not None and found.asked_ns > asked_ns

    def _read(self) -> KeptPolicy | None:
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_FILE_BYTES)
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(text, type=KeptPolicy)
        except msgspec.MsgspecError as error:
            raise DecodeError(f"{self._path} is no kept policy: {error}") from None

    def _write(self, text: bytes) -> None:
        new = self._path.with_suffix(".new")
        with open(new, "wb", opener=_open_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
