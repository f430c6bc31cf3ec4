"""GET /health: each component, how it is, and why."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

HealthState = Literal["ok", "degraded", "down"]
_CHECK_TIMEOUT_S: Final = 2.0
_WORST_FIRST: Final[tuple[HealthState, ...]] = ("down", "degraded", "ok")


@dataclass(frozen=True)
class ComponentHealth:
    """How one component is; the reason is a sentence, '' when all is well."""

    state: HealthState
    reason: str = ""


HealthCheck = Callable[[], Awaitable[ComponentHealth]]


class ComponentDocument(BaseModel):
    """One component."""

    state: HealthState
    reason: str = Field(examples=["no span arrived for 10 minutes"])


class HealthDocument(BaseModel):
    """The worst of the components, and each."""

    status: HealthState
    components: dict[str, ComponentDocument]


async def check_health(checks: Mapping[str, HealthCheck]) -> dict[str, ComponentHealth]:
    """Ask every component at once; one that fails or does not answer in time is down."""
    answers = await asyncio.gather(*(_ask(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))


async def _ask(check: HealthCheck) -> ComponentHealth:
    try:
        return await asyncio.wait_for(check(), _CHECK_TIMEOUT_S)
    except TimeoutError:
        return ComponentHealth("down", f"no answer within {_CHECK_TIMEOUT_S:g} s")
    except Exception as error:  # noqa: BLE001 - boundary: a check that fails is the answer
        return ComponentHealth("down", f"{type(error).__name__}: {error}"[:300])


def health_router(checks: Mapping[str, HealthCheck]) -> APIRouter:
    """The route of /health. checks: component name to its check."""
    router = APIRouter(tags=["Health"])

    @router.get(
        "/health",
        summary="Health of the components",
        response_model=HealthDocument,
        responses={503: {"model": HealthDocument, "description": "A component is down"}},
    )
    async def get_health() -> Response:
        """Each component and why: 200 while none is down, else 503."""
        components = await check_health(checks)
        states = {one.state for one in components.values()} or {"ok"}
        status = next(state for state in _WORST_FIRST if state in states)
        body = {"status": status, "components": components}
        return Response(
            msgspec.json.encode(body), status_code=503 if status == "down" else 200, media_type="application/json"
        )

    return router
