"""Fetch the recordings that the tests hold our API to: `oracle.py`, after requirements/oracle.txt. Standard library only.

The source distribution comes from where pip gets packages on this machine (its `find-links`, then its index), is checked
against the hash, and what the tests read of it is unpacked below build/oracle/. `pip download` is of no use here: it
builds what it has fetched.
"""

import base64
import hashlib
import io
import json
import os
import re
import ssl
import subprocess
import sys
import tarfile
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "requirements" / "oracle.txt"
FOLDER = ROOT / "build" / "oracle"
TIMEOUT_S = 120
MAX_BYTES = 100_000_000
WANTED = re.compile(r"(tests/v[12]/(cassettes|features)|\.generator/schemas)/")


class OracleError(Exception):
    """It cannot be had; the message says why."""


def main() -> int:
    """Fetch and unpack unless that is done; returns the exit code."""
    name, version, digest = read_pin()
    if is_present():
        return 0
    try:
        unpack(fetch(name, version, digest), digest)
    except (OSError, OracleError) as error:
        print(f"the recordings of {name} {version} could not be fetched: {error}", file=sys.stderr)
        return 1
    return 0


def read_pin() -> tuple[str, str, str]:
    """(name, version, sha256) of the one pin."""
    pinned = re.search(r"^([\w.-]+)==(\S+) \\\n\s+--hash=sha256:([0-9a-f]{64})$", PINS.read_text(), re.MULTILINE)
    if pinned is None:
        raise SystemExit(f"{PINS} must hold one pin with its hash")
    return pinned[1], pinned[2], pinned[3]


def folder() -> Path:
    """Where the pinned version is unpacked."""
    name, version, _ = read_pin()
    return FOLDER / f"{name.replace('-', '_')}-{version}"


def is_present() -> bool:
    """Whether the pinned files are there, whole."""
    stamp = folder() / "sha256"
    return stamp.exists() and stamp.read_text() == read_pin()[2]


def fetch(name: str, version: str, digest: str) -> bytes:
    """The bytes of the source distribution. Raises: OracleError, OSError."""
    wanted = f"{name.replace('-', '_')}-{version}.tar.gz"
    for place in _settings("find-links"):
        file = Path(place.removeprefix("file://")) / wanted
        if file.exists():
            return _checked(file.read_bytes(), digest)
    said = []
    for index in [*(_settings("index-url") or [_default_index()]), *_settings("extra-index-url")]:
        try:
            found = _find_link(f"{index.rstrip('/')}/{name}/", wanted)
            if found:
                return _checked(_get(found)[0], digest)
        except OSError as error:
            said.append(str(error))
    raise OracleError("; ".join([f"no index has {wanted}", *said]))


def _checked(data: bytes, digest: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != digest:
        raise OracleError(f"what came has another SHA-256 than {PINS.name} says")
    return data


def _settings(option: str) -> list[str]:
    """Values of one of pip's options, from its variable or else its files."""
    variable = f"PIP_{option.upper().replace('-', '_')}"
    if os.environ.get(variable):
        return os.environ[variable].split()
    for section in ("download", "install", "global"):
        command = [sys.executable, "-m", "pip", "config", "get", f"{section}.{option}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split()
    return []


def _default_index() -> str:
    """The index that pip goes to when it is told nothing."""
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _find_link(page: str, wanted: str) -> str | None:
    """Address of a file on a project's page of the simple index; None when it is not there."""
    body, address, kind = _get(page)
    if "json" in kind:
        links = [entry["url"] for entry in json.loads(body)["files"]]
    else:
        parser = _Links()
        parser.feed(body.decode())
        links = parser.links
    return next((urljoin(address, link) for link in links if _file_name(link) == wanted), None)


def _file_name(link: str) -> str:
    return unquote(urlsplit(link).path.rpartition("/")[2])


class _Links(HTMLParser):
    """Collects the `href` of every link."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def _get(url: str) -> tuple[bytes, str, str]:
    """(body, final address, content type) of a GET, with the name and password that the address may hold."""
    parts = urlsplit(url)
    request = urllib.request.Request(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
    request.add_header("Accept", "application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1")
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    trust = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE"))
    with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=trust) as answer:
        return answer.read(MAX_BYTES), answer.geturl(), answer.headers.get("content-type", "")


def unpack(data: bytes, digest: str) -> None:
    """Write what the tests read below `folder()`; the stamp comes last, so that half of it is never taken for all."""
    root = folder()
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            inside = member.name.partition("/")[2]
            if member.isfile() and WANTED.match(inside) and ".." not in Path(inside).parts:
                content = archive.extractfile(member)
                assert content is not None
                target = root / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
    (root / "sha256").write_text(digest)


if __name__ == "__main__":
    sys.exit(main())
