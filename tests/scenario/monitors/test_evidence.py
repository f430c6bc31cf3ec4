"""A message that speaks of the log or span that was found, over an embedded store."""

import json
import time
from functools import partial
from pathlib import Path

import pytest

from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.model.log import Log
from lrcp.monitors.schedule.definitions import DefinitionFollower
from lrcp.monitors.schedule.evidence import find_evidence
from lrcp.monitors.schedule.round import Rounds
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.monitor_evaluations import EvaluationLog
from lrcp.store.telemetry.source.source import TelemetrySource
from tests.support.telemetry import Stack, make_span, with_stack

NOW_S = int(time.time()) // 10 * 10


def logs() -> list[Log]:
    """Failed refunds of two shops; the newest of each says its own."""
    found = []
    for shop, amounts in (("north", (5, 7)), ("south", (11, 13))):
        for at, amount in enumerate(amounts):
            found.append(
                Log(
                    (NOW_S - 40 + at) * 10**9,
                    f"refund of {amount} failed <b>",
                    service="refunds",
                    status="error",
                    trace_id="ab" * 16,
                    tags=(f"shop:{shop}",),
                    attributes=json.dumps({"refund": {"amount": amount}, "shop": shop}),
                )
            )
    return found


def monitor(query: str, message: str) -> dict[str, object]:
    return {"name": "found", "type": query.partition("(")[0].rstrip("s") + " alert", "query": query, "message": message}


def told(folder: Path, batch: Batch, document: dict[str, object]) -> list[str]:
    """First line of each notification's body after one tick, by group."""
    bodies: list[str] = []

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(batch)
        state = open_state("", folder, now_ns=NOW_S * 10**9)
        resources = ResourceStore(state)
        resources.create("monitor", document, now_ns=NOW_S * 10**9)
        rounds = Rounds(
            DefinitionFollower(resources, dict),
            MonitorStateStore(state),
            LeaseStore(state),
            TelemetrySource(stack.store),
            EvaluationLog(stack.store),
            FakeClock(NOW_S),
            holder="me",
            address="http://lrcp",
            find=partial(find_evidence, stack.store, address="http://lrcp"),
        )
        await rounds.run(NOW_S)
        page = [one.notification for one in NotificationStore(state).page(limit=10)]
        bodies.extend(one.body.partition("\n")[0] for one in sorted(page, key=lambda one: one.group))
        state.close()

    with_stack(folder / "telemetry", scenario)
    return bodies


def test_each_group_is_told_with_its_newest_log(tmp_path: Path) -> None:
    query = 'logs("service:refunds").index("*").rollup("count").by("@shop").last("5m") > 1'
    message = "{{log.message}} ({{log.attributes.refund.amount}}, {{log.tags.shop}}) {{log.link}}"
    trace = f"http://lrcp/traces/{'ab' * 16}"
    assert told(tmp_path, Batch(logs=logs()), monitor(query, message)) == [
        f"refund of 7 failed &lt;b&gt; (7, north) {trace}",
        f"refund of 13 failed &lt;b&gt; (13, south) {trace}",
    ]


def test_a_span_tells_its_resource_and_tags(tmp_path: Path) -> None:
    span = make_span(7, start_ns=(NOW_S - 30) * 10**9, resource="POST /qa", service="shop", tags={"tier": "gold"})
    query = 'trace-analytics("service:shop").index("*").rollup("count").last("5m") > 0'
    document = monitor(query, "{{span.resource}} of {{span.service}} {{span.attributes.tier}}") | {
        "type": "trace-analytics alert"
    }
    assert told(tmp_path, Batch(spans=[span]), document) == ["POST /qa of shop gold"]


@pytest.mark.parametrize("message", ["nothing of it", "{{log.missing}} is empty"])
def test_without_a_record_or_a_wish_for_one_it_is_told_all_the_same(tmp_path: Path, message: str) -> None:
    query = 'logs("service:refunds").index("*").rollup("count").last("5m") > 1'
    (line,) = told(tmp_path, Batch(logs=logs()), monitor(query, message))
    assert line == message.replace("{{log.missing}}", "").strip()
