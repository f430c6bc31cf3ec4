"""Which downtimes silence a monitor now, and which of its groups."""

from collections.abc import Iterable, Sequence

from lrcp.datadog.downtimes.periods import status_of
from lrcp.model.resource import Resource
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Everything
from lrcp.query.metric.parser import parse_scope
from lrcp.query.metric.scope_match import compile_scope


def find_matching(
    downtimes: Iterable[Resource], monitor: Resource, groups: Sequence[str], now_s: float
) -> list[tuple[Resource, list[str]]]:
    """Downtimes that are active and mean this monitor, each with the groups it silences (`*` for all of them).

    groups: names of the monitor's groups, such as `env:prod,host:a`; one that is not `*` is silenced when its tags fit.
    """
    matching = []
    for downtime in downtimes:
        if _means(downtime, monitor) and status_of(downtime.document, now_s) == "active":
            silenced = _silenced(downtime.document["scope"], groups)
            if silenced:
                matching.append((downtime, silenced))
    return matching


def _means(downtime: Resource, monitor: Resource) -> bool:
    identifier = downtime.document["monitor_identifier"]
    if "monitor_id" in identifier:
        return str(identifier["monitor_id"]) == monitor.id
    wanted = set(identifier["monitor_tags"]) - {"*"}
    return wanted <= set(monitor.document.get("tags", ()))


def _silenced(scope: str, groups: Sequence[str]) -> list[str]:
    try:
        tree = parse_scope(scope)
        if isinstance(tree, Everything):
            return ["*"]
        fits = compile_scope(tree)
    except QueryError:
        # A scope of an older document that is no longer read: it silences nothing, as in the evaluation.
        return []
    return [group for group in groups if group != "*" and fits(tuple(group.split(",")))]
