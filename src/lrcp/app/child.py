"""One child process: its output in a bounded file, its end awaited, its group killed when it does not stop."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_LOG_BYTES: Final = 5 * 1024 * 1024
_TAIL_LINES: Final = 20
_LINE_CHARS: Final = 500


class ChildLog:
    """What a child wrote: a file of at most MAX_LOG_BYTES with one older file beside it, and the last lines in memory."""

    def __init__(self, path: Path, max_bytes: int = MAX_LOG_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._max_bytes = max_bytes
        self._file = path.open("ab")
        self._last: deque[str] = deque(maxlen=_TAIL_LINES)
        self._partial = b""

    def write(self, chunk: bytes) -> None:
        if self._file.tell() + len(chunk) > self._max_bytes:
            self._file.close()
            self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
            self._file = self._path.open("wb")
        self._file.write(chunk)
        self._file.flush()
        *whole, rest = (self._partial + chunk).split(b"\n")
        self._partial = rest[-_LINE_CHARS:]
        self._last.extend(line.decode(errors="replace")[:_LINE_CHARS] for line in whole if line.strip())

    def tail(self) -> tuple[str, ...]:
        """The last lines, oldest first."""
        return (*self._last, self._partial.decode(errors="replace")) if self._partial.strip() else tuple(self._last)

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class Output:
    """The reading end of a pipe of our own.

    Not asyncio's: with that, a child counts as running until all who inherited the pipe have ended too.
    """

    reader: asyncio.StreamReader
    transport: asyncio.BaseTransport


async def open_output() -> tuple[Output, int]:
    """A pipe: its reading end, and the descriptor of its writing end, which the caller closes."""
    read_end, write_end = os.pipe()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
    )
    return Output(reader, transport), write_end


class Child:
    """A running process, leader of a session of its own: a Ctrl-C in the terminal reaches only its supervisor."""

    def __init__(self, process: asyncio.subprocess.Process, output: "Output", log: ChildLog) -> None:
        self._process = process
        self._output = output
        self._log = log
        self._pump = asyncio.create_task(self._copy_output())
        self._tidied = False

    @classmethod
    async def start(cls, arguments: Sequence[str], environ: Mapping[str, str], log_path: Path) -> "Child":
        """Start this Python with the arguments."""
        log = ChildLog(log_path)
        output, write_end = await open_output()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                env=dict(environ),
                start_new_session=True,
            )
        except BaseException:
            output.transport.close()
            log.close()
            raise
        finally:
            os.close(write_end)
        return cls(process, output, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def tail(self) -> tuple[str, ...]:
        """The last lines of its output."""
        return self._log.tail()

    async def wait(self) -> int:
        """Its exit code; minus the signal that ended it."""
        return await self._process.wait()

    async def stop(self, within_s: float) -> bool:
        """Ask it to end, after `within_s` end it and its group. Returns: whether it had to be killed. Also tidies up."""
        killed = False
        if self.alive:
            self._signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), within_s)
            except TimeoutError:
                killed = True
        if not self._tidied:
            # Once only: later the number of the group may be somebody else's.
            self._tidied = True
            self.kill_group()
            await self._process.wait()
            await self._close()
        return killed

    def kill_group(self) -> None:
        """End the child, and what it had started and left behind, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def _close(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._pump, 2)
        self._output.transport.close()
        self._log.close()

    async def _copy_output(self) -> None:
        while chunk := await self._output.reader.read(65_536):
            self._log.write(chunk)
