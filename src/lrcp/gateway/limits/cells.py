"""The cells of the limits: one file in the data folder, mapped by every gateway process of the machine.

A decision is made under the file's lock, which the kernel lets go when its holder dies. Each worker also holds the lock
of a file of its own for as long as it lives: whoever can take that lock knows that the worker is dead, and gives back
the calls that it had in progress.
"""

import fcntl
import logging
import mmap
import os
import secrets
import time
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lrcp.gateway.limits import layout
from lrcp.gateway.limits.layout import FIRST_COUNT, GROUP_WORDS, SLOT_WORDS, Table
from lrcp.model.errors import SettingsError

log = logging.getLogger(__name__)

FOLDER_NAME: Final = "gateway-limits"
FILE_NAME: Final = "cells-1"
"""With the number of the layout, so that an older gateway, still finishing its calls, keeps to its own file."""

LOCK_PATIENCE_S: Final = 0.05
_LOCK_PAUSE_S: Final = 0.000_02
_OPEN_PATIENCE_S: Final = 5.0
REAP_PAUSE_S: Final = 0.5
_NEW_FOR_NS: Final = 10**9 // 2
"""How long a slot is its owner's before anything is counted in it."""
_EMPTY_SLOT: Final = memoryview(bytes(SLOT_WORDS * 8)).cast("Q")


class Cells:
    """Memory and its lock: `with cells: ...` is one decision. Not safe to use from several threads.

    crowded: times that a cell still counting had to give way to a new one. unlocked: decisions made without the lock,
    because a process held it for longer than LOCK_PATIENCE_S (stopped in a debugger, say): limits are then a little
    less exact, but nobody waits for it.
    """

    def __init__(self, memory: mmap.mmap, lock: int | None, folder: Path | None) -> None:
        self._memory = memory
        self._lock = lock
        self._folder = folder
        self._worker_lock: int | None = None
        self._reaped_s = 0.0
        self.words: memoryview[int] = memoryview(memory).cast("Q")
        self.worker = 0
        self.crowded = 0
        self.unlocked = 0
        self._salt = self.words[layout.SALT_WORD].to_bytes(8, "little")

    @property
    def is_shared(self) -> bool:
        """Whether other processes count in them too."""
        return self._folder is not None

    def __enter__(self) -> Self:
        if self._lock is not None:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.unlocked += not _wait_for_lock(self._lock, LOCK_PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def hash_of(self, name: str) -> int:
        """The hash of a cell's name, the same in all processes; never 0."""
        digest = blake2b(name.encode("utf-8", "replace"), digest_size=8, key=self._salt).digest()
        return int.from_bytes(digest, "little") or 1

    def find(self, table: Table, key: int) -> int:
        """Index of the first word of a cell's slot; -1 when it has none, as it was never counted or gave way."""
        group = table.first + key % table.groups * GROUP_WORDS
        keys = self.words[group : group + GROUP_WORDS : SLOT_WORDS].tolist()
        return group + keys.index(key) * SLOT_WORDS if key in keys else -1

    def find_or_add(self, table: Table, key: int, now_ns: int) -> int:
        """The same, with a slot made for a cell that has none."""
        found = self.find(table, key)
        return self._add(table, key, now_ns) if found < 0 else found

    def _add(self, table: Table, key: int, now_ns: int) -> int:
        group = table.first + key % table.groups * GROUP_WORDS
        ends = self.words[group + 1 : group + GROUP_WORDS : SLOT_WORDS].tolist()
        soonest = min(ends)
        self.crowded += soonest > now_ns
        slot = group + ends.index(soonest) * SLOT_WORDS
        # Nobody's first, then empty, then the new owner's: whoever dies in between leaves no counts to a stranger.
        self.words[slot] = 0
        self.words[slot : slot + SLOT_WORDS] = _EMPTY_SLOT
        self.words[slot + 1] = now_ns + _NEW_FOR_NS
        self.words[slot] = key
        return slot

    def reap(self, slot: int, now_s: float) -> bool:
        """Give back all calls of the dead among the workers that have calls in a slot; at most once each REAP_PAUSE_S.

        To be called under the lock. now_s: Unix seconds. Returns: whether there was a dead one.
        """
        if self._folder is None or 0 <= now_s - self._reaped_s < REAP_PAUSE_S:
            return False
        self._reaped_s = now_s
        counts = self.words[slot + FIRST_COUNT : slot + SLOT_WORDS].tolist()
        others = [number for number, count in enumerate(counts) if count and number != self.worker]
        dead = [number for number in others if self._reap_worker(self._folder, number)]
        return bool(dead)

    def _reap_worker(self, folder: Path, number: int) -> bool:
        held = _try_worker_lock(folder, number)
        if held is None:
            return False
        _clear_worker(self.words, number)
        os.close(held)
        return True

    def become_worker(self, folder: Path) -> None:
        """Take the lowest number that no living process has. Raises: SettingsError - all are taken."""
        for number in range(layout.MAX_WORKERS):
            self._worker_lock = _try_worker_lock(folder, number)
            if self._worker_lock is not None:
                self.worker = number
                with self:
                    _clear_worker(self.words, number)
                return
        raise SettingsError(f"{layout.MAX_WORKERS} gateway processes already share {folder}; start fewer workers")

    def close(self) -> None:
        """Give back what this process still counts as in progress, and release the memory."""
        if self.is_shared:
            with self:
                _clear_worker(self.words, self.worker)
        for descriptor in (self._lock, self._worker_lock):
            if descriptor is not None:
                os.close(descriptor)
        self._lock = self._worker_lock = None
        self.words.release()
        self._memory.close()


def private_cells() -> Cells:
    """Cells of this process alone, gone with it."""
    memory = mmap.mmap(-1, layout.TOTAL_BYTES)
    _put_salt(memory)
    return Cells(memory, None, None)


def open_cells(data_dir: Path) -> Cells:
    """The cells of a data folder, made when they are not there. Raises: SettingsError - the folder cannot be used."""
    folder = data_dir / FOLDER_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            memory = _map(lock)
        except BaseException:
            os.close(lock)
            raise
        cells = Cells(memory, lock, folder)
        cells.become_worker(folder)
    except OSError as error:
        raise SettingsError(f"the limits cannot be counted in {folder}: {error.strerror}") from error
    return cells


def _map(descriptor: int) -> mmap.mmap:
    """The file in memory, of its full size and with its salt."""
    if not _wait_for_lock(descriptor, _OPEN_PATIENCE_S):
        log.warning("a gateway process holds the lock of the limits; going on without it")
    try:
        if os.fstat(descriptor).st_size != layout.TOTAL_BYTES:
            os.ftruncate(descriptor, 0)
            _reserve(descriptor)
        memory = mmap.mmap(descriptor, layout.TOTAL_BYTES)
        _put_salt(memory)
        return memory
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _reserve(descriptor: int) -> None:
    """Have all of the file on disk: a page that a full disk cannot give would end the process when it is written to."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, layout.TOTAL_BYTES)
    else:
        os.ftruncate(descriptor, layout.TOTAL_BYTES)


def _put_salt(memory: mmap.mmap) -> None:
    place = slice(layout.SALT_WORD * 8, layout.SALT_WORD * 8 + 8)
    if not any(memory[place]):
        memory[place] = secrets.token_bytes(8)


def _wait_for_lock(descriptor: int, patience_s: float) -> bool:
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline_s:
                return False
            time.sleep(_LOCK_PAUSE_S)
        else:
            return True


def _try_worker_lock(folder: Path, number: int) -> int | None:
    """The open, locked file of a worker's number; None when a living process has it."""
    descriptor = os.open(folder / f"worker-{number:02d}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _column(table: Table, number: int) -> slice:
    """The counts of one worker in all slots of a table."""
    return slice(table.first + FIRST_COUNT + number, table.first + table.groups * GROUP_WORDS, SLOT_WORDS)


def _clear_worker(words: memoryview, number: int) -> None:
    for table in (layout.CALLS_FIRM, layout.CALLS_OPEN):
        column = words[_column(table, number)]
        column[:] = memoryview(bytes(8 * len(column))).cast("Q")
