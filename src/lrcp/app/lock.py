"""One server on one data directory."""

import fcntl
import os
from pathlib import Path
from typing import IO

from lrcp.model.errors import SettingsError


def lock_directory(directory: Path) -> IO[str]:
    """Take the directory for this process; it is free again when the returned file is closed or the process dies.

    Raises: SettingsError - another process has it (its number is named), or it cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = (directory / "server.lock").open("a+")
    except OSError as error:
        raise SettingsError(f"the data directory {directory} cannot be written to: {error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise SettingsError(
            f"another server (process {owner}) has the data directory {directory} open; "
            "stop it, or set LRCP_DATA_DIR to another directory"
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
