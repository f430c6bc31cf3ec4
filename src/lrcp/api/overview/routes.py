"""GET /api/overview."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from lrcp.api.overview.series import load_overview, plan_overview
from lrcp.api.problems import problem_responses
from lrcp.api.reader import TelemetryReader
from lrcp.api.timerange import parse_range
from lrcp.kit.clock import Clock

GroupKey = Literal["model", "service", "provider", "env", "ml_app", "endpoint", "route"]
Word = Annotated[str, Field(max_length=200)]


class OverviewParameters(BaseModel):
    """The range, the step, and what to group and filter by."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Word = Field(
        "1h", alias="from", description="ISO 8601, Unix seconds or milliseconds, or how long ago", examples=["1h"]
    )
    to: Word = Field("now", examples=["now"])
    step: int | None = Field(
        None, ge=10, le=604_800, description="Seconds, in whole tens; chosen for about 120 points by default"
    )
    group_by: GroupKey = "model"
    service: Word = ""
    env: Word = ""
    model: Word = ""
    provider: Word = ""
    ml_app: Word = ""

    def only(self) -> dict[str, str]:
        names = ("service", "env", "model", "provider", "ml_app")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


class OverviewPoint(BaseModel):
    """What happened in a period. Seconds, tokens, nano-dollars."""

    requests: int
    errors: int
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None
    ttft_p50_s: float | None = Field(description="Time to first token")
    ttft_p95_s: float | None
    input_tokens: int
    output_tokens: int
    cost_nusd: int
    unpriced: int = Field(description="Requests whose price is unknown; cost_nusd leaves them out")


class OverviewGroup(BaseModel):
    """One group: totals, and arrays by field aligned with times_s."""

    key: str
    totals: OverviewPoint
    series: dict[str, list[Any]]


class Overview(BaseModel):
    """Series and totals."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", description="Start of the first step")
    to: str
    step_s: int
    group_by: str
    times_s: list[int] = Field(description="Starts of the steps, Unix seconds")
    totals: OverviewPoint
    previous: OverviewPoint | None = Field(
        description="Totals of the period of the same length before; null without traffic"
    )
    series: dict[str, list[Any]] = Field(description="By field, aligned with times_s: all groups together")
    groups: list[OverviewGroup] = Field(description="Most requests first, 50 at most")


def overview_router(reader: TelemetryReader, clock: Clock) -> APIRouter:
    """The route of /api/overview."""
    router = APIRouter(prefix="/api", tags=["Overview"])

    @router.get(
        "/overview",
        summary="Model traffic over time",
        response_model=Overview,
        responses=problem_responses(422, 429, 503),
    )
    async def get_overview(query: Annotated[OverviewParameters, Query()]) -> Response:
        """Requests, errors, latency, tokens and cost of model calls over time, together and by group."""
        within = parse_range(query.from_, query.to, clock.now_ns())
        plan = plan_overview(within, query.step, query.group_by, query.only())
        return Response(msgspec.json.encode(await load_overview(reader, plan)), media_type="application/json")

    return router
