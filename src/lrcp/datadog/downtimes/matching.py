"""Which downtimes silence a monitor now, and which of its groups: as the notifications are muted."""

from collections.abc import Iterable, Sequence

from lrcp.datadog.downtimes.periods import status_of
from lrcp.model.monitor import Monitor
from lrcp.model.resource import Resource
from lrcp.monitors.downtime.definition import parse_downtime
from lrcp.monitors.downtime.matching import means_group, means_monitor
from lrcp.monitors.schedule.definitions import as_monitor
from lrcp.query.metric.ast import Everything, Scope


def find_matching(
    downtimes: Iterable[Resource], resource: Resource, groups: Sequence[str], now_s: float
) -> list[tuple[Resource, list[str]]]:
    """Downtimes that are active and mean this monitor, each with the groups it silences (`*` for all of them).

    groups: names of the monitor's groups, such as `env:prod,host:a`; `*` of one without groups.
    """
    monitor, matching = as_monitor(resource), []
    for downtime in downtimes:
        definition = parse_downtime(downtime.document, id=downtime.id)
        if means_monitor(definition, monitor) and status_of(downtime.document, now_s) == "active":
            silenced = _silenced(definition.scope, monitor, groups)
            if silenced:
                matching.append((downtime, silenced))
    return matching


def _silenced(scope: Scope, monitor: Monitor, groups: Sequence[str]) -> list[str]:
    if isinstance(scope, Everything):
        return ["*"]
    return [group for group in groups if means_group(scope, monitor, group)]
