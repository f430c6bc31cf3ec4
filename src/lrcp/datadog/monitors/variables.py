"""The shape of options.variables, the queries of a formula: what evaluates them may rely on it. Source: OpenAPI, DATADOG.md 3.3.

Members are checked where they are there; which of them a data source needs is the evaluation's question.
"""

from typing import Any

from lrcp.datadog.errors import invalid


def check_variables_shape(variables: tuple[dict[str, Any], ...]) -> None:
    """Raises: Refusal - a member is of the wrong type; says which."""
    for at, variable in enumerate(variables):
        path = f"variables[{at}]"
        _text(variable, "name", path, needed=True)
        for member in ("data_source", "query"):
            _text(variable, member, path)
        _text(_part(variable, "search", path), "query", f"{path}.search")
        _check_compute(variable, path)
        _check_groups(variable, path)
        indexes = variable.get("indexes")
        if indexes is not None and not (isinstance(indexes, list) and all(isinstance(one, str) for one in indexes)):
            raise _wrong(f"{path}.indexes", "a list of strings")


def _check_compute(variable: dict[str, Any], path: str) -> None:
    if isinstance(variable.get("compute"), list):
        return
    compute = _part(variable, "compute", path)
    for member in ("aggregation", "metric"):
        _text(compute, member, f"{path}.compute")


def _check_groups(variable: dict[str, Any], path: str) -> None:
    groups = variable.get("group_by")
    if groups is None:
        return
    if not isinstance(groups, list):
        raise _wrong(f"{path}.group_by", "a list")
    for at, group in enumerate(groups):
        place = f"{path}.group_by[{at}]"
        if isinstance(group, str):
            continue
        if not isinstance(group, dict):
            raise _wrong(place, "an object with a facet")
        _text(group, "facet", place, needed=True)
        limit = group.get("limit")
        if limit is not None and (type(limit) is not int or not 1 <= limit <= 10_000):
            raise _wrong(f"{place}.limit", "a number from 1 to 10000")
        for member in ("aggregation", "order", "metric"):
            _text(_part(group, "sort", place), member, f"{place}.sort")


def _part(holder: dict[str, Any], member: str, path: str) -> dict[str, Any]:
    value = holder.get(member)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(f"{path}.{member}", "an object")
    return value


def _text(holder: dict[str, Any], member: str, path: str, *, needed: bool = False) -> None:
    value = holder.get(member)
    if value is None and not needed:
        return
    if not isinstance(value, str):
        raise _wrong(f"{path}.{member}", "a string")


def _wrong(path: str, expected: str) -> Exception:
    return invalid(f"Invalid monitor option: {path} must be {expected}")
