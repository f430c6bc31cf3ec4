"""Every check of `make test`: linters, types, the web app's own, then pytest, whose summary is the last line.

`check.py [--no-tests] [options of pytest]`. All checks run, also after one failed; the exit code says whether all passed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
WEB = ROOT / "web"
PYTHON_SOURCES = ["src", "tests", "scripts", "benchmarks", "examples"]
WEB_SCRIPTS = ["check", "test"]


def linters() -> list[list[str]]:
    """The commands of the linters and the type checker."""
    sources = [name for name in PYTHON_SOURCES if (ROOT / name).exists()]
    return [
        [str(BIN / "ruff"), "check", *sources],
        [str(BIN / "ruff"), "format", "--check", *sources],
        [str(BIN / "mypy")],
        *_web_checks(),
    ]


def _web_checks() -> list[list[str]]:
    if not (WEB / "package.json").exists():
        return []
    npm = str(BIN / "npm") if (BIN / "npm").exists() else "npm"
    return [[npm, "--prefix", WEB.name, "run", "--if-present", "--silent", script] for script in WEB_SCRIPTS]


def passes(command: list[str]) -> bool:
    """Run one check; its output is shown when it fails."""
    started = time.monotonic()
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print(f"{verdict:<7}{_shown(command)} ({time.monotonic() - started:.0f} s)", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="", flush=True)
    return done.returncode == 0


def _shown(command: list[str]) -> str:
    return " ".join([Path(command[0]).name, *(word for word in command[1:] if not word.startswith("/"))])


def main(arguments: list[str]) -> int:
    """Run the checks; returns the exit code: of pytest, or 1 when only a linter failed."""
    failed = [_shown(command) for command in linters() if not passes(command)]
    if "--no-tests" in arguments:
        return 1 if failed else 0
    tests = subprocess.run([str(BIN / "python"), "-m", "pytest", "-q", *arguments], cwd=ROOT, check=False)
    if failed:
        print(f"failed before the tests: {', '.join(failed)}", file=sys.stderr)
    return tests.returncode or (1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
