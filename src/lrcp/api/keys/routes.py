"""The routes of /api/keys: list, make, revoke."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from lrcp.api.keys.schemas import CreatedKey, KeyDocument, KeyPage, NewKey, render_key
from lrcp.api.problems import ApiError, field_error, problem_responses
from lrcp.api.timerange import NS
from lrcp.kit.clock import Clock
from lrcp.model.errors import InputError
from lrcp.model.virtual_key import VirtualKey, digest_of, new_key_id, new_key_text
from lrcp.store.state.keys import KeyNameTakenError, KeyStore

KeyId = Annotated[str, Path(pattern=r"^key_[0-9a-f]{16}$", examples=["key_00f067aa0ba902b7"])]


def key_router(keys: KeyStore, clock: Clock) -> APIRouter:
    """The routes over the keys in the state database, whose calls block."""
    router = APIRouter(prefix="/api/keys", tags=["Keys"])

    @router.get("", summary="The virtual keys", responses=problem_responses(422, 503))
    async def list_keys(
        before: Annotated[str | None, Query(max_length=32, description="`next_before` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> KeyPage:
        """Newest first, revoked and expired ones too; never their texts, nor what is made of them."""
        try:
            page = await asyncio.to_thread(keys.page, limit=limit + 1, before=before)
        except InputError as error:
            raise field_error("query.before", str(error)) from error
        shown = [render_key(key, clock.now_ns()) for key in page[:limit]]
        return KeyPage(keys=shown, next_before=shown[-1].id if len(page) > limit else None)

    @router.post("", status_code=201, summary="Make a key", responses=problem_responses(400, 409, 422, 503))
    async def create_key(wanted: NewKey, response: Response) -> CreatedKey:
        """The reply holds the text of the key: it is shown once. Gateways take it within a second."""
        now_ns, text = clock.now_ns(), new_key_text()
        key = _as_key(wanted, text, now_ns)
        try:
            await asyncio.to_thread(keys.create, key)
        except KeyNameTakenError as error:
            raise ApiError(409, str(error)) from error
        response.headers["cache-control"] = "no-store"
        return CreatedKey(key=render_key(key, now_ns), text=text)

    @router.post("/{id}/revoke", summary="Revoke a key", responses=problem_responses(404, 422, 503))
    async def revoke_key(id: KeyId) -> KeyDocument:
        """Gateways refuse it within a second. It stays in the list; revoking it again changes nothing."""
        now_ns = clock.now_ns()
        key = await asyncio.to_thread(keys.revoke, id, now_ns)
        if key is None:
            raise ApiError(404, f"there is no key {id}")
        return render_key(key, now_ns)

    return router


def _as_key(wanted: NewKey, text: str, now_ns: int) -> VirtualKey:
    return VirtualKey(
        id=new_key_id(),
        name=wanted.name,
        owner=wanted.owner,
        team=wanted.team,
        service=wanted.service,
        scopes=tuple(dict.fromkeys(wanted.scopes)),
        allowed_models=tuple(dict.fromkeys(wanted.allowed_models)),
        created_ns=now_ns,
        expires_ns=None if wanted.expires_in_s is None else now_ns + int(wanted.expires_in_s * NS),
        hash=digest_of(text).hex(),
    )
