"""Virtual keys: what a caller of the gateway shows, instead of a provider's key; and what it may do with it."""

import base64
import hashlib
import re
import secrets
from typing import Final, Literal

import msgspec

PREFIX: Final = "lrcp_"
MAX_KEYS: Final = 10_000
"""In force at the same time: every gateway process has all of them in memory."""

Scope = Literal["chat", "embeddings", "models"]
SCOPES: Final[tuple[Scope, ...]] = ("chat", "embeddings", "models")

_SECRET_BYTES: Final = 32
_TEXT: Final = re.compile(r"lrcp_[A-Za-z0-9_-]{43}\Z")


class VirtualKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its text. Times are Unix nanoseconds.

    id: `key_` and 16 hex digits. name: unique among the keys in force; it goes into tags. team, service: what calls with
    it are counted for, whatever their headers say; '' leaves it to them. scopes: `chat` (and counting of tokens),
    `embeddings`, `models` (listing them). allowed_models: names as requested, with `*` for any run of characters.
    expires_ns, revoked_ns: None for never, for not. hash: digest_of its text, 64 hex digits.
    """

    id: str
    name: str
    owner: str = ""
    team: str = ""
    service: str = ""
    scopes: tuple[Scope, ...] = SCOPES
    allowed_models: tuple[str, ...] = ("*",)
    created_ns: int
    expires_ns: int | None = None
    revoked_ns: int | None = None
    hash: str

    def state(self, now_ns: int) -> Literal["active", "expired", "revoked"]:
        """How it stands at a time."""
        if self.revoked_ns is not None:
            return "revoked"
        return "expired" if self.expires_ns is not None and self.expires_ns <= now_ns else "active"


def new_key_text() -> str:
    """The text of a new key: lrcp_ and 43 characters that say 256 random bits. It is kept nowhere, only its digest."""
    return PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).rstrip(b"=").decode()


def new_key_id() -> str:
    return f"key_{secrets.token_hex(8)}"


def is_key_text(text: str) -> bool:
    """Whether a text has the form of a virtual key."""
    return _TEXT.match(text) is not None


def digest_of(text: str) -> bytes:
    """SHA-256 of a key's text, 32 bytes.

    A slow hash is for secrets that people choose, which can be guessed; 256 random bits cannot, and this one is
    computed for every request.
    """
    return hashlib.sha256(text.encode()).digest()
