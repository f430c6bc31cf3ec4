"""The routes of /api/runbooks."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from lrcp.api.problems import ApiError, problem_responses
from lrcp.store.state.resources import ResourceStore

KIND = "runbook"


class Runbook(BaseModel):
    """One runbook."""

    name: str = Field(examples=["slow"])
    title: str = Field(examples=["Slow answers"])
    text: str = Field(description="Markdown")


class RunbookList(BaseModel):
    """By name, without their texts."""

    runbooks: list[dict[str, str]]


def runbook_router(resources: ResourceStore) -> APIRouter:
    """The routes over the state database, whose calls block."""
    router = APIRouter(prefix="/api/runbooks", tags=["Monitors"])

    @router.get("", summary="Runbooks", responses=problem_responses(503))
    async def list_runbooks() -> RunbookList:
        """Their names and titles."""
        found = await asyncio.to_thread(resources.find_all, KIND)
        shown = [{"name": one.id, "title": _title_of(one.document["text"], one.id)} for one in found]
        return RunbookList(runbooks=sorted(shown, key=lambda one: one["name"]))

    @router.get("/{name}", summary="One runbook", responses=problem_responses(404, 422, 503))
    async def get_runbook(name: Annotated[str, Path(max_length=64)]) -> Runbook:
        """What failed, why, and what to do next."""
        found = await asyncio.to_thread(resources.find, KIND, name)
        if found is None:
            raise ApiError(404, f"there is no runbook {name!r}")
        return Runbook(name=name, title=_title_of(found.document["text"], name), text=found.document["text"])

    return router


def _title_of(text: str, name: str) -> str:
    """Its first heading."""
    first = text.lstrip().partition("\n")[0]
    return first.lstrip("# ") if first.startswith("#") else name
