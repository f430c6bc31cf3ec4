#!/bin/sh
# Prints $PYTHON when it is set, else the first of python3, python3.14 ... python3.11, if 3.11 or newer; else says what to do.
candidates="python3 python3.14 python3.13 python3.12 python3.11"
for candidate in "${PYTHON:-}" $candidates; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
    if [ "$candidate" = "${PYTHON:-}" ]; then
        echo "PYTHON=$PYTHON is not a Python 3.11 or newer that runs." >&2
        exit 1
    fi
done
{
    echo "LRCP needs Python 3.11 or newer; none was found (looked for $candidates)."
    echo "  Debian, Ubuntu:  sudo apt-get install python3 python3-venv"
    echo "  Fedora:          sudo dnf install python3"
    echo "  macOS:           brew install python"
    echo "If it is installed elsewhere: make run PYTHON=/path/to/python3"
} >&2
exit 1
