#!/bin/sh
# Prints the first Python of $PYTHON, python3, python3.14 ... python3.11 that is 3.11 or newer; says what to do when there is none.
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
done
{
    echo "LRCP needs Python 3.11 or newer; none was found (looked for \$PYTHON, python3, python3.14 to python3.11)."
    echo "  Debian, Ubuntu:  sudo apt-get install python3 python3-venv"
    echo "  Fedora:          sudo dnf install python3"
    echo "  macOS:           brew install python"
    echo "If it is installed elsewhere: make run PYTHON=/path/to/python3"
} >&2
exit 1
