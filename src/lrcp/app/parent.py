"""A child that ends when the process that started it is gone, however that ended."""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from typing import Final

PARENT_VARIABLE: Final = "LRCP_PARENT_PID"
"""Set by the supervisor for its children: its process id."""

_PR_SET_PDEATHSIG: Final = 1


def follow_parent(environ: Mapping[str, str] | None = None) -> None:
    """Ask the kernel for SIGTERM when the parent dies, if a parent was named; where there is no prctl, nothing happens.

    Done by the child itself: between fork and exec of a process with threads, Python code is not safe to run.
    """
    named = (os.environ if environ is None else environ).get(PARENT_VARIABLE, "")
    if not named.isdigit() or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(named):
        # It died before the kernel was asked.
        os.kill(os.getpid(), signal.SIGTERM)
