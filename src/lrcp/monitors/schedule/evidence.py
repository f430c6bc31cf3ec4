"""Evidence: one log, span or event that a notification speaks of, for messages with `{{log.message}}` and its relatives."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lrcp.model.monitor_state import Transition
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.monitors.evaluate.timing import look_back_of
from lrcp.monitors.groups import EVERYTHING, tags_of_group
from lrcp.query.monitor.ast import EventMonitorQuery
from lrcp.query.search.ast import Field, FieldIs, Pattern, Search, SearchAnd
from lrcp.store.telemetry.source.event_rows import RowsWanted, find_rows
from lrcp.store.telemetry.store import TelemetryStore

MAX_A_TICK: Final = 20
"""Records that are looked up in one tick: an alert of a thousand groups does not read a thousand times."""

KINDS: Final = {"logs": "log", "trace-analytics": "span", "llm-observability": "llmobs", "events": "event"}
"""Source of a query -> first word of the variables that speak of its records."""

_HIDDEN: Final = frozenset({"tie", "time_ns", "attributes", "tags"})


class Evidence(msgspec.Struct, frozen=True):
    """kind: first word of its variables. record: nested, with `tags` and `attributes`, as a message names them."""

    kind: str
    record: Mapping[str, Any]


def wants_evidence(one: Prepared) -> bool:
    """Whether the message of a monitor of events speaks of what it found."""
    if not isinstance(one.query, EventMonitorQuery):
        return False
    kind = KINDS.get(one.query.source)
    return kind is not None and f"{{{{{kind}." in one.monitor.message + one.monitor.name


async def find_evidence(
    store: TelemetryStore, one: Prepared, transition: Transition, *, address: str
) -> Evidence | None:
    """The newest record of a transition's group within the window that was evaluated; None when there is none.

    Raises: UnavailableError, BusyError - the store cannot be read now.
    """
    query = one.query
    assert isinstance(query, EventMonitorQuery)
    start_s, end_s = look_back_of(one.monitor, query.window).span(int(transition.time_s))
    wanted = RowsWanted(
        source=query.source,
        search=_of_group(query, transition),
        from_ns=start_s * 10**9,
        to_ns=end_s * 10**9,
        newest_first=True,
        limit=1,
    )
    rows = await find_rows(store, wanted)
    return Evidence(KINDS[query.source], as_record(rows[0], address)) if rows else None


def _of_group(query: EventMonitorQuery, transition: Transition) -> Search:
    """The search, narrowed to the group; with notify_by, to the first of its members."""
    group = transition.members[0] if transition.members else transition.group
    if group == EVERYTHING or not query.by:
        return query.tree
    values = tags_of_group(group, query.by)
    terms = (FieldIs(_field(key), Pattern((value,), quoted=True)) for key, value in values.items())
    return SearchAnd((query.tree, *terms))


def _field(key: str) -> Field:
    return Field(key.removeprefix("@"), attribute=key.startswith("@"))


def as_record(row: Mapping[str, Any], address: str) -> dict[str, Any]:
    """A row as messages name its members: `log.message`, `log.attributes.a.b`, `log.tags.env`, `log.link`."""
    record = {name: value for name, value in row.items() if name not in _HIDDEN and value not in (None, "")}
    tags = row.get("tags") or ()
    if isinstance(tags, Mapping):
        record["attributes"], record["tags"] = dict(tags), [f"{key}:{value}" for key, value in tags.items()]
    else:
        record["tags"] = list(tags)
    if row.get("attributes"):
        record["attributes"] = msgspec.json.decode(row["attributes"])
    if row.get("trace_id"):
        record["link"] = f"{address}/traces/{row['trace_id']}"
    return record
