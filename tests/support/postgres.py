"""A PostgreSQL of the tests' own: a fresh cluster on a free port, not run as root, gone at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support.processes import free_port, wait_until


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """URL of a new, empty cluster's database `postgres`, as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="lrcp-postgres-"))
    user = _user()
    try:
        if user is not None:
            shutil.chown(folder, user)
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "lrcp", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, user=user, cwd=folder, check=True, capture_output=True, env=_environ())
        with _server(programs, folder, user) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(programs: Path, folder: Path, user: str | None) -> Iterator[str]:
    port = free_port()
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options],
            user=user,
            cwd=folder,
            stdout=log,
            stderr=log,
            env=_environ(),
        )
    try:
        url = f"postgresql://lrcp@127.0.0.1:{port}/postgres"
        wait_until(lambda: _answers(url, server, folder / "log"), "PostgreSQL")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answers(url: str, server: subprocess.Popen[bytes], log: Path) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"PostgreSQL ended: {log.read_text()[-2000:]}")
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as the user that its package made, or as nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _environ() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C"}
