"""What the key routes take and give, for the API reference."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from lrcp.api.timerange import iso_time
from lrcp.model.virtual_key import SCOPES, Scope, VirtualKey

MAX_EXPIRY_S: Final = 10 * 366 * 86_400
_PLAIN: Final = r"^[^\x00-\x1f\x7f]*$"
Label = Annotated[str, Field(max_length=100, pattern=_PLAIN)]
Pattern = Annotated[str, Field(min_length=1, max_length=200, pattern=_PLAIN)]


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.:-]{0,63}$",
        description="Unique among the keys in force; it goes into tags",
        examples=["shop-production"],
    )
    owner: str = Field("", max_length=200, pattern=_PLAIN, description="Whom to ask about it")
    team: Label = Field("", description="What its calls are counted for, whatever their headers say")
    service: Label = Field("", description="The same")
    scopes: list[Scope] = Field(list(SCOPES), min_length=1, max_length=len(SCOPES), description="What it is for")
    allowed_models: list[Pattern] = Field(
        ["*"], min_length=1, max_length=100, description="Names as requested; `*` stands for any run of characters"
    )
    expires_in_s: float | None = Field(None, gt=0, le=MAX_EXPIRY_S, description="Seconds from now on; null is never")


class KeyDocument(BaseModel):
    """A key, without its text, which is kept nowhere."""

    id: str = Field(examples=["key_00f067aa0ba902b7"])
    name: str
    owner: str
    team: str
    service: str
    scopes: list[Scope]
    allowed_models: list[str]
    state: Literal["active", "expired", "revoked"]
    created_at: str = Field(examples=["2026-11-20T10:00:00.000000000Z"])
    expires_at: str | None = Field(description="null is never")
    revoked_at: str | None


class CreatedKey(BaseModel):
    """A new key with its text."""

    key: KeyDocument
    text: str = Field(description="What callers send. It is shown here and never again", examples=["lrcp_..."])


class KeyPage(BaseModel):
    """A page of the list, newest first."""

    keys: list[KeyDocument]
    next_before: str | None = Field(description="`before` of the next page; null on the last one")


def render_key(key: VirtualKey, now_ns: int) -> KeyDocument:
    """As it stands at a time."""
    return KeyDocument(
        id=key.id,
        name=key.name,
        owner=key.owner,
        team=key.team,
        service=key.service,
        scopes=list(key.scopes),
        allowed_models=list(key.allowed_models),
        state=key.state(now_ns),
        created_at=iso_time(key.created_ns),
        expires_at=None if key.expires_ns is None else iso_time(key.expires_ns),
        revoked_at=None if key.revoked_ns is None else iso_time(key.revoked_ns),
    )
