"""The routes of /api/policy."""

import asyncio
import re
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response

from lrcp.api.policy.change import (
    check_policy,
    diff_versions,
    list_history,
    load_version,
    policy_of,
    put_policy,
    read_policy,
    render_version,
    roll_back,
)
from lrcp.api.policy.dryrun import dry_run
from lrcp.api.policy.schemas import (
    CheckResult,
    DiffResult,
    DryRunResult,
    HistoryPage,
    PutQuery,
    PutResult,
    RollBack,
    Version,
    VersionDocument,
)
from lrcp.api.problems import field_error, problem_responses
from lrcp.api.reader import TelemetryReader
from lrcp.api.timerange import TimeRange, parse_time_ns
from lrcp.evaluators.cost import PriceBook
from lrcp.kit.clock import Clock
from lrcp.model.policy.canonical import decode_policy
from lrcp.model.policy.parse import render_yaml
from lrcp.model.policy.schema import policy_schema
from lrcp.store.state.policies import PolicyStore

YAML: Final = "application/yaml"
DOCUMENT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The document, YAML or JSON (JSON when it begins with `{`), UTF-8, at most 1 MiB",
        "content": {YAML: {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "object"}}},
    }
}
IfMatch = Annotated[
    str,
    Header(alias="if-match", description="The version that is to be replaced, as in `ETag`; else 412", max_length=40),
]
_TAG: Final = re.compile(r'(?:W/)?"?(\d{1,9})"?\Z')


def policy_router(policies: PolicyStore, reader: TelemetryReader, book: PriceBook, clock: Clock) -> APIRouter:
    """The routes over the versions in the state database; reader and book are for dry runs."""
    router = APIRouter(prefix="/api/policy", tags=["Policy"])
    _add_reading(router, policies, clock)
    _add_changing(router, policies, clock)
    _add_dry_run(router, policies, reader, book, clock)
    return router


def _add_reading(router: APIRouter, policies: PolicyStore, clock: Clock) -> None:
    @router.get(
        "",
        summary="The policy in force",
        response_model=VersionDocument,
        responses={200: {"content": {YAML: {"schema": {"type": "string"}}}}, **problem_responses(503)},
    )
    async def get_policy(request: Request) -> Response:
        """As JSON with who put it and why, or with `Accept: application/yaml` the document alone, to be edited."""
        version = await asyncio.to_thread(load_version, policies, None, clock.now_ns())
        return _render(version, request)

    @router.get("/schema", summary="The JSON schema of a policy", response_model=dict[str, Any])
    async def get_schema() -> Response:
        """JSON Schema 2020-12."""
        return _json(policy_schema())

    @router.get(
        "/history",
        summary="Who changed it, when and why",
        response_model=HistoryPage,
        responses=problem_responses(422, 503),
    )
    async def get_history(
        before: Annotated[Version | None, Query(description="`next_before` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Response:
        """All versions, newest first, without their documents."""
        return _json(await asyncio.to_thread(list_history, policies, before, limit))

    @router.get(
        "/versions/{version}",
        summary="One version",
        response_model=VersionDocument,
        responses=problem_responses(404, 422, 503),
    )
    async def get_version(version: Annotated[Version, Path()], request: Request) -> Response:
        """One version with its document; 0 is the empty one. `Accept: application/yaml` as for the one in force."""
        return _render(await asyncio.to_thread(load_version, policies, version, clock.now_ns()), request)

    @router.get("/diff", summary="What differs", response_model=DiffResult, responses=problem_responses(404, 422, 503))
    async def get_diff(
        from_: Annotated[Version | None, Query(alias="from", description="Default: the one before `to`")] = None,
        to: Annotated[Version | None, Query(description="Default: the one in force")] = None,
    ) -> Response:
        """Member by member, between two versions."""
        return _json(await asyncio.to_thread(diff_versions, policies, from_, to, clock.now_ns()))


def _add_changing(router: APIRouter, policies: PolicyStore, clock: Clock) -> None:
    @router.put(
        "",
        summary="Change the policy",
        response_model=PutResult,
        responses=problem_responses(412, 413, 422, 503),
        openapi_extra=DOCUMENT_BODY,
    )
    async def put(request: Request, query: Annotated[PutQuery, Query()], if_match: IfMatch = "*") -> Response:
        """Taken whole or not at all, with every place that is wrong. Gateways follow it within a second."""
        expected = _parse_tag(if_match)
        text = await request.body()
        return _changed(await asyncio.to_thread(put_policy, policies, text, query, expected, clock.now_ns()))

    @router.post(
        "/rollback",
        summary="Go back to a version",
        response_model=PutResult,
        responses=problem_responses(404, 409, 412, 413, 422, 503),
    )
    async def post_rollback(to: RollBack, if_match: IfMatch = "*") -> Response:
        """What the version said is put again, as a new one; faults that have ended stay ended."""
        expected = _parse_tag(if_match)
        return _changed(await asyncio.to_thread(roll_back, policies, to, expected, clock.now_ns()))

    @router.post(
        "/check",
        summary="Check a document",
        response_model=CheckResult,
        responses=problem_responses(413, 503),
        openapi_extra=DOCUMENT_BODY,
    )
    async def post_check(request: Request) -> Response:
        """Whether it would be taken, and what it would change; nothing is changed."""
        text = await request.body()
        return _json(await asyncio.to_thread(check_policy, policies, text, clock.now_ns()))


def _add_dry_run(
    router: APIRouter, policies: PolicyStore, reader: TelemetryReader, book: PriceBook, clock: Clock
) -> None:
    @router.post(
        "/dry-run",
        summary="Try a document on recent traffic",
        response_model=DryRunResult,
        responses=problem_responses(413, 422, 429, 503),
        openapi_extra=DOCUMENT_BODY,
    )
    async def post_dry_run(
        request: Request,
        since: Annotated[str, Query(max_length=40, description="How long ago, or a time", examples=["1h"])] = "1h",
    ) -> Response:
        """What the policy in force and the document each decide about the requests that were, and how they differ."""
        now_ns, text = clock.now_ns(), await request.body()
        within = TimeRange(from_ns=parse_time_ns("query.since", since, now_ns), to_ns=now_ns)
        current = await asyncio.to_thread(policies.current, now_ns)
        after, _ = await asyncio.to_thread(read_policy, text, current, now_ns)
        return _json(await dry_run(reader, within, policy_of(current), after, book))


def _parse_tag(text: str) -> int | None:
    """The version of an If-Match header; None for `*`. Raises: ApiError 422."""
    if text.strip() == "*":
        return None
    found = _TAG.match(text.strip())
    if found is None:
        raise field_error("header.if-match", 'it must be a version such as "7", or *')
    return int(found[1])


def _render(version: Any, request: Request) -> Response:
    headers = {"etag": f'"{version.version}"', "vary": "accept", "cache-control": "no-cache"}
    if _wants_yaml(request.headers.get("accept", "")):
        return Response(render_yaml(decode_policy(version.document)), media_type=YAML, headers=headers)
    return _json(render_version(version), headers=headers)


def _wants_yaml(accept: str) -> bool:
    return "yaml" in accept.lower()


def _changed(result: dict[str, Any]) -> Response:
    return _json(result, headers={"etag": f'"{result["version"]}"'})


def _json(value: Any, *, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers=headers)
