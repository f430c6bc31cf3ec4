"""docs/monitors.md against the code: the paths of our own API, and the bounds."""

import re
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI

from lrcp.api.monitors.replay import replay_router
from lrcp.api.monitors.routes import monitor_router
from lrcp.api.runbooks.routes import runbook_router
from lrcp.api.slos.routes import slo_router
from lrcp.app.monitoring import STALE_TICKS
from lrcp.monitors.reading import ASIDE_S
from lrcp.monitors.schedule.history import MAX_BYTES
from lrcp.monitors.schedule.scheduler import SETTLE_S, TICK_S
from lrcp.monitors.state.rules import MAX_GROUPS
from lrcp.monitors.state.step import MAX_EVALUATIONS
from lrcp.store.state.leases import LEASE_NS
from lrcp.store.state.monitor_states import KEEP_NS
from lrcp.store.telemetry.monitor_evaluations import MAX_GROUPS as RECORDED_GROUPS
from lrcp.store.telemetry.source.source import MAX_SERIES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "monitors.md").read_text()
NOTHING = cast(Any, None)
"""Routers are only asked for their paths."""


def test_every_path_of_our_own_is_on_the_page() -> None:
    app = FastAPI()
    app.include_router(replay_router(NOTHING, dict, NOTHING, NOTHING))
    app.include_router(monitor_router(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING))
    app.include_router(runbook_router(NOTHING))
    app.include_router(slo_router(NOTHING, NOTHING, NOTHING))
    served = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    assert set(re.findall(r"`((?:GET|POST) /api/[^`]+)`", PAGE)) == served


def test_the_bounds_are_those_of_the_code() -> None:
    bounds = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| [^|]+ \|$", PAGE.partition("## Bounds")[2], re.M))
    assert bounds["groups of a monitor"] == f"{MAX_GROUPS:,}"
    assert bounds["groups recorded of an evaluation"] == f"{RECORDED_GROUPS}, the worst first"
    assert bounds["series of a metric that are read"] == f"{MAX_SERIES:,}"
    assert bounds["histories kept in memory"] == f"{MAX_BYTES // 1024**2} MiB"
    assert bounds["transitions and what was told of them"] == f"{KEEP_NS // 86_400 // 10**9} days"
    assert MAX_EVALUATIONS <= RECORDED_GROUPS


def test_the_times_of_a_tick_are_those_of_the_code() -> None:
    assert (TICK_S, SETTLE_S, LEASE_NS) == (10, 2.0, 30 * 10**9)
    assert ASIDE_S == 600
    for words in ("Every ten seconds, two seconds behind", "not heard of for 30 s", "asked alone every 10 minutes"):
        assert words in PAGE
    assert STALE_TICKS * TICK_S == 60
