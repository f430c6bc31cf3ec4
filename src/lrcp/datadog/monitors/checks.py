"""Whether a definition may be a monitor: its query, its thresholds, its options, and what it refers to."""

from collections.abc import Mapping
from typing import Any, Final

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import Refusal, invalid
from lrcp.datadog.monitors.facts import Facts, find_facts
from lrcp.datadog.monitors.options import check_options, parse_options
from lrcp.datadog.monitors.thresholds import check_document_thresholds
from lrcp.datadog.monitors.variables import check_variables_shape
from lrcp.model.monitor import Monitor
from lrcp.monitors.evaluate.prepare import prepare
from lrcp.query.errors import OperatorError, QueryError
from lrcp.query.monitor.ast import FormulaMonitorQuery, MonitorQuery, SloQuery
from lrcp.query.monitor.check import check_burn_rate, check_monitor_query, check_variables
from lrcp.query.monitor.parser import parse_monitor_query

_QUERY: Final = "The value provided for parameter 'query' is invalid"


class MonitorChecks:
    """What a definition is held against: the other monitors, the SLOs and the tag policies that are kept."""

    def __init__(self, monitors: Documents, slos: Documents, policies: Documents) -> None:
        self._monitors = monitors
        self._slos = slos
        self._policies = policies

    async def check(self, document: dict[str, Any], *, id: str = "") -> tuple[MonitorQuery, Facts]:
        """The parsed query of a definition that is in order. id: its own, when it is kept already. Raises: Refusal."""
        query, facts = check_definition(document, id=int(id or 0))
        if facts.references:
            await self._check_references(facts)
        if isinstance(query, SloQuery):
            await self._check_slo(query)
        await self._check_policies(document["tags"])
        return query, facts

    async def _check_references(self, facts: Facts) -> None:
        for id in facts.references:
            part = await self._monitors.find(str(id))
            if part is None:
                raise invalid(f"{_QUERY}: monitor {id} does not exist")
            if part.document["type"] == "composite":
                raise invalid(f"{_QUERY}: monitor {id} is a composite, which cannot be a part of another")

    async def _check_slo(self, query: SloQuery) -> None:
        slo = await self._slos.find(query.slo_id)
        if slo is None:
            raise invalid(f"{_QUERY}: SLO {query.slo_id[:60]} does not exist")
        frame = f"{query.over.amount}{query.over.unit}"
        target = next((one["target"] for one in slo.document["thresholds"] if one["timeframe"] == frame), None)
        if target is None:
            raise invalid(f"{_QUERY}: SLO {query.slo_id} has no threshold over {frame}")
        try:
            check_burn_rate(query, target / 100)
        except QueryError as error:
            raise refuse_query(error) from None

    async def _check_policies(self, tags: list[str]) -> None:
        for policy in await self._policies.find_all():
            _check_policy(policy.document["policy"], tags)


def check_definition(document: dict[str, Any], *, id: int = 0) -> tuple[MonitorQuery, Facts]:
    """The parsed query of a definition that is in order by itself. Raises: Refusal."""
    try:
        query = parse_monitor_query(document["type"], document["query"])
        check_monitor_query(document["type"], query, monitor_id=id)
        if isinstance(query, FormulaMonitorQuery):
            check_variables(query, _names(document["options"].get("variables")))
    except QueryError as error:
        raise refuse_query(error) from None
    monitor = parse_options(document)
    check_variables_shape(monitor.options.variables)
    facts = find_facts(query, document["options"])
    check_document_thresholds(query, monitor.options.thresholds, document["options"].get("thresholds"))
    check_options(monitor, facts)
    if not isinstance(query, SloQuery):
        _check_evaluation(monitor)
    return query, facts


def _check_evaluation(monitor: Monitor) -> None:
    """That it can be evaluated: schedules, time zones, algorithms' arguments. SLO alerts need their SLO for that."""
    try:
        prepare(monitor, {})
    except QueryError as error:
        raise invalid(f"The value provided for parameter 'options' is invalid: {error}") from None


def refuse_query(error: QueryError) -> Refusal:
    """The server's words, then ours with the place of the fault; the missing comparison is in the server's alone."""
    if isinstance(error, OperatorError):
        return invalid(f"{_QUERY}: invalid operator specified: {error.operator}")
    return invalid(f"{_QUERY}: {error}")


def _names(variables: Any) -> list[str]:
    """Names of the queries of a formula; those within an augmented query are its own."""
    found = variables if isinstance(variables, list) else []
    return [str(one["name"]) for one in found if isinstance(one, Mapping) and "name" in one]


def _check_policy(policy: dict[str, Any], tags: list[str]) -> None:
    key = policy["tag_key"]
    values = [tag.partition(":")[2] for tag in tags if tag.partition(":")[0] == key]
    if not values and policy["tag_key_required"]:
        raise invalid(f"Invalid tags: a tag policy requires a tag with the key '{key}'")
    wrong = [value for value in values if policy["valid_tag_values"] and value not in policy["valid_tag_values"]]
    if wrong:
        raise invalid(f"Invalid tags: a tag policy allows '{key}' to be {', '.join(policy['valid_tag_values'])}")
