"""Waiting datagrams of a socket, taken many at a time.

On Linux one recvmmsg(2) takes up to 64. It is called without giving up the interpreter's lock: a plain recv gives it up
each time, and beside a busy thread gets it back only after the switch interval (5 ms), so that of 200,000 metrics/s
four in ten were lost. The call never blocks (MSG_DONTWAIT), so nobody waits for it.
"""

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

MAX_DATAGRAM_BYTES: Final = 64 * 1024
BURST: Final = 64

_SLOT_BYTES: Final = MAX_DATAGRAM_BYTES
_MSG_DONTWAIT: Final = 0x40
_MSG_TRUNC: Final = 0x20
_WAIT_ERRORS: Final = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR)


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint),
        ("parts", ctypes.POINTER(_IoVec)),
        ("part_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Slot(ctypes.Structure):
    _fields_ = (("message", _Message), ("received", ctypes.c_uint))


class Burst:
    """Datagrams taken in one go. cut: how many were longer than MAX_DATAGRAM_BYTES and are not among them."""

    __slots__ = ("cut", "datagrams")

    def __init__(self, datagrams: list[bytes], cut: int) -> None:
        self.datagrams = datagrams
        self.cut = cut


class BurstReader:
    """recvmmsg with its buffers. One reader serves all sockets of a thread, one after the other."""

    def __init__(self, recvmmsg: Callable[..., int]) -> None:
        self._recvmmsg = recvmmsg
        self._memory = bytearray(BURST * _SLOT_BYTES)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._parts = (_IoVec * BURST)(*[_IoVec(start + index * _SLOT_BYTES, _SLOT_BYTES) for index in range(BURST)])
        self._slots = (_Slot * BURST)()
        for index, slot in enumerate(self._slots):
            slot.message.parts = ctypes.pointer(self._parts[index])
            slot.message.part_count = 1

    def read(self, sock: socket.socket) -> Burst:
        """Up to BURST waiting datagrams; none when none wait. Raises: OSError - the socket reports an error."""
        count = self._recvmmsg(sock.fileno(), self._slots, BURST, _MSG_DONTWAIT, None)
        if count < 0:
            code = ctypes.get_errno()
            if code in _WAIT_ERRORS:
                return Burst([], 0)
            raise OSError(code, os.strerror(code))
        view, whole = memoryview(self._memory), []
        for index in range(count):
            slot = self._slots[index]
            if not slot.message.flags & _MSG_TRUNC:
                whole.append(bytes(view[index * _SLOT_BYTES : index * _SLOT_BYTES + slot.received]))
        return Burst(whole, count - len(whole))


class PlainReader:
    """The same with one call per datagram, for systems without recvmmsg."""

    def __init__(self) -> None:
        self._memory = bytearray(MAX_DATAGRAM_BYTES + 1)  # a byte more tells a datagram that was cut

    def read(self, sock: socket.socket) -> Burst:
        """Up to BURST waiting datagrams; none when none wait. Raises: OSError - the socket reports an error."""
        datagrams: list[bytes] = []
        cut, view = 0, memoryview(self._memory)
        try:
            while len(datagrams) + cut < BURST:
                size = sock.recv_into(self._memory)
                if size > MAX_DATAGRAM_BYTES:
                    cut += 1
                else:
                    datagrams.append(bytes(view[:size]))
        except (BlockingIOError, InterruptedError):
            return Burst(datagrams, cut)
        return Burst(datagrams, cut)


def burst_reader() -> BurstReader | PlainReader:
    """The best reader for this system."""
    if sys.platform != "linux" or sys.byteorder != "little" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return PlainReader()
    library = ctypes.PyDLL(None, use_errno=True)
    recvmmsg: Any = getattr(library, "recvmmsg", None)
    if recvmmsg is None:
        return PlainReader()
    recvmmsg.restype = ctypes.c_int
    recvmmsg.argtypes = (ctypes.c_int, ctypes.POINTER(_Slot), ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
    return BurstReader(recvmmsg)
