"""The `lrcp` command: its commands, and how their errors are told."""

import os
import sys
from typing import NoReturn

from lrcp.app.parent import follow_parent
from lrcp.model.errors import LrcpError

USAGE_ERROR = 2


def main() -> NoReturn:
    """Run the command line of this process and exit: 0 done, 1 failed, 2 used or set up wrongly."""
    follow_parent()
    try:
        from lrcp.cli.commands import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "lrcp":
            raise
        _fail(f"{error.name} is not installed; the command needs the server's packages: pip install 'lrcp[server]'")
    try:
        app(prog_name="lrcp")
    except LrcpError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    print(f"lrcp: {message}", file=sys.stderr)
    sys.exit(USAGE_ERROR)
