"""POST /api/sql."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from lrcp.api.problems import problem_responses
from lrcp.api.reader import TelemetryReader
from lrcp.api.sql.run import SQL_LIMITS, encode_result, run_sql


class SqlQuery(BaseModel):
    """A reading statement."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(
        max_length=100_000,
        description="ClickHouse SQL over spans, evaluations, metrics, logs, events and checks",
        examples=[
            "SELECT model, count() AS requests, sum(cost_nusd) / 1e9 AS dollars FROM spans WHERE kind = 'llm' GROUP BY model"
        ],
    )


class SqlColumn(BaseModel):
    """A column of the result."""

    name: str = Field(examples=["model"])
    type: str = Field(description="The engine's type", examples=["LowCardinality(String)"])


class SqlResult(BaseModel):
    """Columns and rows."""

    columns: list[SqlColumn]
    rows: list[list[Any]]


def sql_router(reader: TelemetryReader, engine_settings: Mapping[str, Any]) -> APIRouter:
    """The route of /api/sql. engine_settings are added to the limits, e.g. {"readonly": 2} for a ClickHouse server."""
    router = APIRouter(prefix="/api", tags=["SQL"])
    settings = {**SQL_LIMITS, **engine_settings}

    @router.post(
        "/sql",
        summary="Query with SQL",
        response_model=SqlResult,
        responses=problem_responses(400, 408, 413, 422, 429, 503),
    )
    async def post_sql(query: SqlQuery) -> Response:
        """Read with SQL: SELECT, WITH, EXPLAIN, SHOW or DESCRIBE; 15 s, 10000 rows and 50 MB at most."""
        return Response(encode_result(await run_sql(reader, query.query, settings)), media_type="application/json")

    return router
