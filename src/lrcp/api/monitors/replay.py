"""POST /api/monitors/replay: what monitors would have done over the stored history, told as it goes."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from queue import Empty, Queue
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from lrcp.api.problems import ApiError, field_error, problem_responses
from lrcp.api.timerange import NS, parse_time_ns
from lrcp.kit.clock import Clock
from lrcp.model.errors import BusyError, LrcpError
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.resource import Resource
from lrcp.monitors.replay.job import ReplayJob, run_job
from lrcp.monitors.replay.scoring import MarkedIncident
from lrcp.monitors.replay.versions import choose_versions
from lrcp.query.scan.source import Source
from lrcp.store.state.resources import ResourceStore

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/x-ndjson"
_PROGRESS_LINES: Final = 200
"""At most so many lines say how far it is."""
_POLL_S: Final = 0.5
_MAX_MONITORS: Final = 2000


class IncidentMark(BaseModel):
    """A time in which something was wrong."""

    start: str
    end: str
    name: str = Field(default="", max_length=200)
    monitors: list[str] = Field(default=[], max_length=200, description="Names of those that should see it; empty: any")


class ReplayRequest(BaseModel):
    """What to replay: the monitors in force, those of `monitor_ids`, or new definitions against those they replace."""

    since: str = Field(default="7d", max_length=40, description="ISO 8601, Unix seconds, or how long ago")
    until: str = Field(default="now", max_length=40)
    every_s: int = Field(default=60, ge=10, le=86_400, description="Distance of the evaluations, a multiple of 10")
    monitor_ids: Annotated[list[int], Field(max_length=_MAX_MONITORS)] = []
    definitions: Annotated[list[dict[str, Any]], Field(max_length=_MAX_MONITORS)] = Field(
        default=[], description="Datadog's JSON; compared with the monitor in force of the same `id` or name"
    )
    incidents: Annotated[list[IncidentMark], Field(max_length=_MAX_MONITORS)] = []
    slack_s: float = Field(default=0, ge=0, le=86_400)


def replay_router(
    resources: ResourceStore, load_slos: Callable[[], Mapping[str, Any]], source: Source, clock: Clock
) -> APIRouter:
    """The route. One replay runs at a time, in a thread of its own, until it is done or nobody listens any more."""
    router = APIRouter(prefix="/api/monitors", tags=["Monitors"])
    busy = threading.Lock()

    @router.post("/replay", summary="What would have fired", responses=problem_responses(400, 422, 429, 503))
    async def post_replay(wanted: ReplayRequest) -> StreamingResponse:
        """Lines of JSON: `{"progress": [done, all]}` now and then, `{"transition": ...}` for each, `{"report": ...}` last.

        Where it fails on the way, the last line is `{"error": "..."}`.
        """
        job = await asyncio.to_thread(_plan, wanted, resources, load_slos, clock.now_ns())
        if not busy.acquire(blocking=False):
            raise BusyError("a replay runs already; try again when it is done", retry_after_s=10)
        run = _Run(job, source, busy)
        run.start()
        return StreamingResponse(_lines(run), media_type=MEDIA_TYPE)

    return router


def _plan(
    wanted: ReplayRequest, resources: ResourceStore, load_slos: Callable[[], Mapping[str, Any]], now_ns: int
) -> ReplayJob:
    in_force = [_as_monitor(one) for one in resources.find_all("monitor") if one.id.isdigit()]
    versions = choose_versions(in_force, wanted.definitions, frozenset(wanted.monitor_ids), load_slos())
    if not versions.prepared:
        raise ApiError(400, "there is no monitor to replay")
    since_s = parse_time_ns("body.since", wanted.since, now_ns) // NS
    until_s = parse_time_ns("body.until", wanted.until, now_ns) // NS
    if since_s >= until_s:
        raise field_error("body.since", "it must be before `until`")
    return ReplayJob(
        versions=versions,
        since_s=since_s,
        until_s=until_s,
        every_s=wanted.every_s,
        incidents=tuple(_mark(one, now_ns) for one in wanted.incidents),
        slack_s=wanted.slack_s,
    )


def _as_monitor(one: Resource) -> Monitor:
    return parse_monitor(one.document, id=int(one.id), created_ns=one.created_ns, modified_ns=one.modified_ns)


def _mark(one: IncidentMark, now_ns: int) -> MarkedIncident:
    start_s = parse_time_ns("body.incidents.start", one.start, now_ns) / NS
    end_s = parse_time_ns("body.incidents.end", one.end, now_ns) / NS
    if end_s < start_s:
        raise field_error("body.incidents.end", "it must not be before the start")
    return MarkedIncident(start_s=start_s, end_s=end_s, name=one.name, monitors=tuple(one.monitors))


class _Stopped(Exception):
    """Nobody listens any more."""


class _Run:
    """A replay in its thread. lines: what it says; None comes last."""

    def __init__(self, job: ReplayJob, source: Source, busy: threading.Lock) -> None:
        self._job = job
        self._source = source
        self._busy = busy
        self._stop = threading.Event()
        self.lines: Queue[dict[str, Any] | None] = Queue()
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """It ends with its next tick."""
        self._stop.set()

    def _run(self) -> None:
        try:
            report, transitions = asyncio.run(run_job(self._job, self._source, self._progress))
            for one in transitions:
                self.lines.put({"transition": one})
            self.lines.put({"report": report})
        except _Stopped:
            pass
        except LrcpError as error:
            self.lines.put({"error": str(error)})
        except Exception as error:  # boundary: the reply has begun; whatever it is, its last line says so
            log.exception("a replay failed")
            self.lines.put({"error": f"the server failed ({type(error).__name__}); its log says more"})
        finally:
            self._busy.release()
            self.lines.put(None)

    def _progress(self, done: int, whole: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        if done % max(1, whole // _PROGRESS_LINES) == 0 or done == whole:
            self.lines.put({"progress": [done, whole]})


async def _lines(run: _Run) -> AsyncIterator[bytes]:
    try:
        while True:
            try:
                line = await asyncio.to_thread(run.lines.get, timeout=_POLL_S)
            except Empty:
                continue
            if line is None:
                return
            yield msgspec.json.encode(line) + b"\n"
    finally:
        run.stop()
