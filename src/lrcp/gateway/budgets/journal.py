"""Journal: a small file in memory by which a process that was killed is settled exactly by the next one.

A file is a line that names the boot of the machine, and then one 64-bit number for each lease: what it has spent and
reserved. Writes to mapped memory outlive the process, not the machine: after another boot a journal is not believed.
The process that owns a journal holds a lock on it, which ends with the process however it ends.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

SLOTS: Final = 4096
_HEAD_BYTES: Final = 64
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Journal:
    """The journal of this process. cells has one number a slot; leases beyond SLOTS have none."""

    def __init__(self, folder: Path, process: str) -> None:
        """Raises: OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{process}.journal"
        new = self._path.with_suffix(".new")
        self._descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        # Locked before it has its name, so that nobody takes it for a dead process's.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        os.write(self._descriptor, boot_id().ljust(_HEAD_BYTES))
        os.ftruncate(self._descriptor, _HEAD_BYTES + 8 * SLOTS)
        self._memory = mmap.mmap(self._descriptor, 0)
        self.cells = memoryview(self._memory)[_HEAD_BYTES:].cast("q")
        self._free = list(range(SLOTS - 1, -1, -1))
        new.rename(self._path)

    def take_slot(self) -> int:
        """A slot that holds 0; -1 when none is left."""
        return self._free.pop() if self._free else -1

    def free_slot(self, slot: int) -> None:
        """Give a slot back, once the database no longer knows it."""
        if slot >= 0:
            self.cells[slot] = 0
            self._free.append(slot)

    def close(self, *, settled: bool) -> None:
        """settled: whether all is in the database, so that the file is of no more use."""
        if settled:
            self._path.unlink(missing_ok=True)
        # The mapped memory keeps the file open as long as a lease refers to it.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


def boot_id() -> bytes:
    """What this boot of the machine is called; b'' where nobody can say, and no journal is believed."""
    try:
        return _BOOT_ID.read_bytes().strip()
    except OSError:
        return b""


def read_dead_journals(folder: Path) -> Iterator[tuple[str, Sequence[int], Path]]:
    """(process, numbers, file) of each process that is no more; no numbers where they cannot be believed.

    The lock is held until the next one is asked for: remove the file before that, once it is settled.
    """
    for path in sorted(folder.glob("*.journal")):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # another process was faster
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path.stem, _read_numbers(os.read(descriptor, _HEAD_BYTES + 8 * SLOTS)), path
        except BlockingIOError:  # its process lives
            continue
        finally:
            os.close(descriptor)


def _read_numbers(content: bytes) -> Sequence[int]:
    known = boot_id()
    if not known or content[:_HEAD_BYTES].strip() != known or len(content) != _HEAD_BYTES + 8 * SLOTS:
        return ()
    return memoryview(content)[_HEAD_BYTES:].cast("q")
