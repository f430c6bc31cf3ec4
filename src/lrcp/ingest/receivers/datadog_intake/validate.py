"""`/api/v1/validate`: whether a request carries a key. Clients and Terraform ask this first."""

from typing import Final

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.datadog_intake.body import read_query

_VALID: Final = Reply(200, b'{"valid":true}')
_REQUIRED: Final = Reply(403, b'{"errors":["API key required"]}')


def decode_validate(request: Request) -> Decoded:
    """Every key is valid here: the key says which client speaks, and nothing of it leaves this machine."""
    return Decoded(_VALID if has_key(request) else _REQUIRED)


def has_key(request: Request) -> bool:
    """Whether a key is in the header, in a Bearer token, or in the query, where old clients put it."""
    if request.headers.get(b"dd-api-key", b"").strip():
        return True
    scheme, _, token = request.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and token.strip():
        return True
    return bool(read_query(request).get("api_key"))
