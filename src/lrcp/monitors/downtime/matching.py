"""Which monitors and groups a downtime means."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import Transition
from lrcp.monitors.downtime.definition import Downtime
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Everything, MetricQuery, Scope, ScopeAnd, TagMatch
from lrcp.query.metric.scope_match import compile_scope
from lrcp.query.metric.walk import queries_in
from lrcp.query.monitor.ast import EventMonitorQuery, MetricMonitorQuery
from lrcp.query.monitor.parser import parse_monitor_query
from lrcp.query.search.ast import FieldIs, Search, SearchAnd

_compiled: Callable[[Scope], Callable[[tuple[str, ...]], bool]] = lru_cache(maxsize=1024)(compile_scope)


def means_monitor(downtime: Downtime, monitor: Monitor) -> bool:
    """Whether a downtime names a monitor: by its id, or by tags that it all has. A composite is not its parts."""
    if downtime.monitor_id is not None:
        return downtime.monitor_id == monitor.id
    return set(downtime.monitor_tags) <= set(monitor.tags)


def means_group(scope: Scope, monitor: Monitor, group: str) -> bool:
    """Whether a scope holds for a group: by its own tags, and by those that the query has narrowed it to.

    group: as in a Transition. A monitor over `{service:a} by {host}` has only groups of service:a, as the group scope
    of Datadog has it.
    """
    if isinstance(scope, Everything):
        return True
    return _compiled(scope)((*tags_of_group_name(group), *query_tags(monitor.type, monitor.query)))


def groups_of(transition: Transition) -> tuple[str, ...]:
    """The groups that a transition speaks of."""
    return transition.members or (transition.group,)


def tags_of_group_name(group: str) -> list[str]:
    """`env:prod,host:a` -> its tags; a piece without a key belongs to the value before it."""
    tags: list[str] = []
    for piece in group.split(","):
        if ":" in piece or not tags:
            tags.append(piece)
        else:
            tags[-1] += f",{piece}"
    return [tag for tag in tags if tag != "*"]


@lru_cache(maxsize=4096)
def query_tags(type: str, query: str) -> tuple[str, ...]:
    """The tags that every group of a query has, because it asks for nothing else; () of a query that cannot be read."""
    try:
        tree = parse_monitor_query(type, query)
    except QueryError:
        return ()
    match tree:
        case MetricMonitorQuery(expression=expression):
            sets = [set(_required(one.scope)) for one in queries_in(expression) if isinstance(one, MetricQuery)]
            return tuple(sorted(set.intersection(*sets))) if sets else ()
        case EventMonitorQuery(tree=search):
            return tuple(sorted(_required_by_search(search)))
        case _:
            return ()


def _required(scope: Scope) -> Iterable[str]:
    match scope:
        case TagMatch(key, value) if value is not None and "*" not in value:
            yield f"{key}:{value}"
        case ScopeAnd(terms):
            for term in terms:
                yield from _required(term)


def _required_by_search(search: Search) -> Iterable[str]:
    match search:
        case FieldIs(field, pattern) if not field.attribute and pattern.literal is not None:
            yield f"{field.name}:{pattern.literal}"
        case SearchAnd(terms):
            for term in terms:
                yield from _required_by_search(term)
