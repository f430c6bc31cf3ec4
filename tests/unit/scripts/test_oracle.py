"""scripts/oracle.py fetches a source distribution from where pip is told to look, and takes no other bytes than the pinned."""

import hashlib
import importlib.util
import io
import json
import tarfile
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import web

from tests.support.http_thread import serving

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "oracle.py"
FILE = "some_client-1.2.tar.gz"
MEMBERS = {
    "some_client-1.2/tests/v1/cassettes/a.yaml": b"recorded",
    "some_client-1.2/.generator/schemas/v1/openapi.yaml": b"openapi",
    "some_client-1.2/src/some_client/__init__.py": b"code",
    "some_client-1.2/tests/v1/cassettes/../../../../../outside": b"bad",
}


def distribution() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in MEMBERS.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def oracle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, pinned to a small distribution and unpacking into a temporary folder."""
    spec = importlib.util.spec_from_file_location("lrcp_oracle", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pins = tmp_path / "oracle.txt"
    pins.write_text(f"some-client==1.2 \\\n    --hash=sha256:{hashlib.sha256(distribution()).hexdigest()}\n")
    monkeypatch.setattr(module, "PINS", pins)
    monkeypatch.setattr(module, "FOLDER", tmp_path / "oracle")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "")
    return module


def index(page: web.Response, packed: bytes, seen: list[str]) -> web.Application:
    """A simple index with one project."""

    async def project(request: web.Request) -> web.Response:
        seen.append(request.headers.get("authorization", ""))
        return page

    async def file(_: web.Request) -> web.Response:
        return web.Response(body=packed)

    app = web.Application()
    app.router.add_get("/simple/some-client/", project)
    app.router.add_get(f"/files/{FILE}", file)
    return app


def page_of(kind: str) -> web.Response:
    if kind == "json":
        files = [{"filename": "x", "url": "../../files/x"}, {"filename": FILE, "url": f"../../files/{FILE}"}]
        return web.Response(text=json.dumps({"files": files}), content_type="application/vnd.pypi.simple.v1+json")
    return web.Response(text=f'<a href="../../files/{FILE}#sha256=1">{FILE}</a>', content_type="text/html")


@pytest.mark.parametrize("kind", ["json", "html"])
def test_it_comes_from_the_index_of_pip_and_what_the_tests_read_is_unpacked(
    oracle: ModuleType, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    seen: list[str] = []
    with serving(index(page_of(kind), distribution(), seen)) as url:
        monkeypatch.setenv("PIP_INDEX_URL", f"{url.replace('http://', 'http://me:secret@')}/simple")
        assert oracle.main() == 0
    assert seen == ["Basic bWU6c2VjcmV0"]
    root = oracle.folder()
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert found == {"tests/v1/cassettes/a.yaml", ".generator/schemas/v1/openapi.yaml", "sha256"}
    assert not (root.parent.parent / "outside").exists()


def test_what_is_there_is_not_fetched_again(oracle: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    oracle.unpack(distribution(), oracle.read_pin()[2])
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    assert oracle.main() == 0


def test_a_local_folder_of_pip_is_enough(oracle: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(distribution())
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert oracle.main() == 0
    assert oracle.is_present()


def test_other_bytes_are_refused(
    oracle: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(index(page_of("html"), b"something else", [])) as url:
        monkeypatch.setenv("PIP_INDEX_URL", f"{url}/simple")
        assert oracle.main() == 1
    assert "another SHA-256" in capsys.readouterr().err
    assert not oracle.is_present()


def test_an_index_that_does_not_answer_is_told(
    oracle: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    assert oracle.main() == 1
    assert f"no index has {FILE}" in capsys.readouterr().err
