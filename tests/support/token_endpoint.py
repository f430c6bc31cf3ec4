"""A token endpoint on this machine, and a service account's key file whose tokens it grants."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth import jwt

ACCOUNT = "gateway@p-1.iam.gserviceaccount.com"


@dataclass
class TokenEndpoint:
    """What it was asked, and what it answers: the token number n is `token-n`."""

    url: str = ""
    lifetime_s: int = 3600
    status: int = 200
    claims: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def token_endpoint() -> Iterator[TokenEndpoint]:
    """Serve until the block ends."""
    made = TokenEndpoint()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(made))
    made.url = f"http://127.0.0.1:{server.server_port}/token"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def write_key_file(folder: Path, token_url: str) -> Path:
    """A service account's key, made here."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": "p-1",
        "private_key_id": "k-1",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": ACCOUNT,
        "client_id": "1",
        "token_uri": token_url,
    }
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    return path


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
