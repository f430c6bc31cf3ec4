"""Access tokens of a Google account, for Vertex AI: of a service account's key file, or of where this process runs."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec

from lrcp.gateway.credentials.keeper import Renew, Token, TokenKeeper
from lrcp.model.errors import UnavailableError

TOKEN_VARIABLE: Final = "VERTEX_ACCESS_TOKEN"
FILE_VARIABLE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_TIMEOUT_S: Final = 10.0
_MAX_CHARS: Final = 300
_MAX_FILE_BYTES: Final = 1 << 20


def make_google_keeper(environ: Mapping[str, str]) -> TokenKeeper:
    """The keeper of the account that environ names; of the one this process runs as where it names none."""
    return TokenKeeper("Vertex AI", make_google_renewal(environ.get(FILE_VARIABLE, "")))


def make_google_renewal(file: str) -> Renew:
    """How to get a token. file: of a service account's key, or another of Google's credentials; '' to look for one.

    Google's library is heavy and its calls block, so it is loaded and used in the thread of the first renewal.
    """
    credentials: Any = None

    def renew() -> Token:
        nonlocal credentials
        refused, load, transport = _google_auth()
        try:
            credentials = credentials or load(file)
            credentials.refresh(transport)
        except refused as error:
            raise UnavailableError(_explain(error)) from error
        return Token(credentials.token, _lifetime_s(credentials.expiry))

    return renew


def _google_auth() -> tuple[tuple[type[Exception], ...], Callable[[str], Any], Callable[..., Any]]:
    """(what its functions raise, how to load credentials, how to send). Raises: UnavailableError - it is not installed."""
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
        from google.oauth2.service_account import Credentials
    except ImportError as error:
        raise UnavailableError("google-auth is not installed: install lrcp[vertex]") from error

    def load(file: str) -> Any:
        if file and _is_service_account(file):
            return Credentials.from_service_account_file(file, scopes=_SCOPES)  # type: ignore[no-untyped-call]
        return google.auth.default(scopes=_SCOPES)[0]

    return (GoogleAuthError, OSError, ValueError), load, partial(Request(), timeout=_TIMEOUT_S)


def _is_service_account(file: str) -> bool:
    """Whether a file is such a key; any other kind Google's library finds by itself, by the same variable.

    Raises: OSError, ValueError - it cannot be read, or is no JSON object.
    """
    with open(file, "rb") as opened:
        known = msgspec.json.decode(opened.read(_MAX_FILE_BYTES))
    if not isinstance(known, dict):
        raise ValueError(f"{file} is no key file")
    return known.get("type") == "service_account"


def _lifetime_s(expiry: datetime | None) -> float:
    """Google's times of expiry are in UTC and do not say so."""
    if expiry is None:
        return 0.0
    return max(0.0, (expiry.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds())


def _explain(error: Exception) -> str:
    """The first word of an error only: what follows may repeat what was sent."""
    said = str(error.args[0]) if error.args else ""
    return f"{type(error).__name__}: {said[:_MAX_CHARS]}"
