"""Tokens of a service account, from a real key file and a token endpoint on this machine."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth import jwt

from lrcp.gateway.credentials.google import FILE_VARIABLE, make_google_keeper, make_google_renewal
from lrcp.model.errors import UnavailableError
from tests.support.processes import wait_until


@dataclass
class TokenEndpoint:
    """What it was asked, and what it answers."""

    url: str = ""
    lifetime_s: int = 3600
    status: int = 200
    claims: list[dict[str, Any]] = field(default_factory=list)


def _handler_of(endpoint: TokenEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            endpoint.claims.append(jwt.decode(form["assertion"][0], verify=False))
            granted = {"access_token": f"token-{len(endpoint.claims)}", "expires_in": endpoint.lifetime_s}
            body = json.dumps(granted if endpoint.status == 200 else {"error": "invalid_grant"}).encode()
            self.send_response(endpoint.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    made = TokenEndpoint()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(made))
    made.url = f"http://127.0.0.1:{server.server_port}/token"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def key_file(endpoint: TokenEndpoint, tmp_path: Path) -> Path:
    """A service account's key, made here, whose tokens the endpoint grants."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "p-1",
        "private_key_id": "k-1",
        "private_key": pem,
        "client_email": "gateway@p-1.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": endpoint.url,
    }
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    return path


def test_a_service_account_is_granted_a_token(endpoint: TokenEndpoint, key_file: Path) -> None:
    token = make_google_renewal(str(key_file))()
    assert token.value == "token-1"
    assert 3500 < token.lifetime_s <= 3600
    [claims] = endpoint.claims
    assert claims["iss"] == "gateway@p-1.iam.gserviceaccount.com"
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"


def test_a_token_of_a_short_life_is_renewed_without_being_asked_for(endpoint: TokenEndpoint, key_file: Path) -> None:
    endpoint.lifetime_s = 2

    async def run() -> str:
        keeper = make_google_keeper({FILE_VARIABLE: str(key_file)})
        await keeper.start()
        await asyncio.to_thread(wait_until, lambda: keeper.describe()["renewals"] >= 2, "a second token")
        endpoint.lifetime_s = 3600
        await asyncio.to_thread(wait_until, lambda: keeper.describe()["valid_s"] > 60, "a token of a long life")
        token = keeper.token()
        await keeper.stop()
        return token

    assert asyncio.run(run()) == f"token-{len(endpoint.claims)}"


def test_a_refused_account_is_told_in_words_without_its_key(endpoint: TokenEndpoint, key_file: Path) -> None:
    endpoint.status = 400
    with pytest.raises(UnavailableError, match="invalid_grant") as raised:
        make_google_renewal(str(key_file))()
    assert "PRIVATE KEY" not in str(raised.value)


@pytest.mark.parametrize(
    "content", [None, "", "{", "{}", '{"type":"service_account"}', '{"type":"service_account","private_key":"x"}']
)
def test_a_file_that_is_no_key_is_told_in_words(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "account.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnavailableError):
        make_google_renewal(str(path))()
