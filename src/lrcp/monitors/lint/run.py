"""lint: the definitions below some paths, each under every rule."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from lrcp.model.errors import InputError
from lrcp.model.monitor import parse_monitor
from lrcp.model.policy.problems import PolicyError
from lrcp.model.policy.text import read_policy_text
from lrcp.model.slo import parse_slo
from lrcp.monitors.lint.checks import CHECKS
from lrcp.monitors.lint.finding import ERROR, Finding, Known, Subject
from lrcp.monitors.pack import resolve
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import SloQuery
from lrcp.query.monitor.check import check_burn_rate, check_monitor_query
from lrcp.query.monitor.heads import MONITOR_TYPES
from lrcp.query.monitor.parser import parse_monitor_query

SUFFIXES: Final = (".json", ".yaml", ".yml")
_SLO: Final = re.compile(r"\{\{slo:([^{}\s]+)\}\}")
_ADDRESS: Final = "http://127.0.0.1:8000"


def lint_paths(paths: Sequence[Path], known: Known | None = None) -> list[Finding]:
    """What is found in the monitors of files, or of folders, by path. known: what is really sent, for names."""
    findings: list[Finding] = []
    names: dict[str, str] = {}
    for path, named in _files(paths):
        for document in _documents(path, named, findings):
            findings += lint_document(document, str(path), known=known)
            findings += _burn_rate(document, path)
            findings += _duplicates(document, str(path), names)
    return findings


def lint_document(document: Mapping[str, Any], path: str = "", *, known: Known | None = None) -> list[Finding]:
    """What is found in one definition, in Datadog's JSON; references of packs stand for monitors that exist."""
    plain = dict(resolve(dict(document), _AnyId(), address=_ADDRESS))
    name = str(plain.get("name") or "")
    missing = [
        member for member in ("name", "type", "query") if not isinstance(plain.get(member), str) or not plain[member]
    ]
    if missing:
        return [
            Finding(rule="definition", path=path, place=f"$.{one}", message=f"{one} is missing", monitor=name)
            for one in missing
        ]
    try:
        monitor = parse_monitor(plain, id=int(plain.get("id") or 0))
    except (msgspec.ValidationError, ValueError) as error:
        return [Finding(rule="definition", path=path, place=_place(str(error)), message=str(error), monitor=name)]
    try:
        query = parse_monitor_query(monitor.type, monitor.query)
        check_monitor_query(monitor.type, query, monitor_id=monitor.id)
    except QueryError as error:
        rule = "scope-styles" if "not with both" in error.reason else "query"
        return [Finding(rule=rule, path=path, place="$.query", message=str(error), monitor=name)]
    subject = Subject(path=path, monitor=monitor, query=query, document=plain, known=known)
    found = dict.fromkeys(one for check in CHECKS for one in check(subject))
    return [Finding(rule=rule, path=path, place=place, message=message, monitor=name) for rule, place, message in found]


def has_errors(findings: Sequence[Finding]) -> bool:
    """Whether something would be refused."""
    return any(finding.severity == ERROR for finding in findings)


class _AnyId(dict[tuple[str, str], str]):
    """An id for whatever a document refers to: monitors get numbers, others keep their name."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: tuple[str, str]) -> str:
        self[key] = str(len(self) + 1) if key[0] == "monitor" else key[1]
        return self[key]


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        yield from ((file, False) for file in sorted(path.rglob("*")) if file.suffix in SUFFIXES and file.is_file())


def _documents(path: Path, named: bool, findings: list[Finding]) -> Iterator[Mapping[str, Any]]:
    """The monitors of a file: one, a list of them, or those of a case file. Others are left alone in folders."""
    try:
        value, _ = read_policy_text(path.read_bytes())
    except (OSError, PolicyError, InputError) as error:
        if named or path.suffix == ".json":
            findings.append(Finding(rule="unreadable", path=str(path), place="$", message=str(error)))
        return
    listed = value if isinstance(value, list) else [value]
    found = [one for one in listed if isinstance(one, Mapping) and _is_monitor(one)]
    if not found and named:
        findings.append(Finding(rule="unreadable", path=str(path), place="$", message="the file holds no monitor"))
    yield from found


def _is_monitor(document: Mapping[str, Any]) -> bool:
    """Whether a document is meant as a monitor: its query is a text, its type one of a monitor, or ends like one."""
    kind = document.get("type")
    return isinstance(document.get("query"), str) and (
        kind is None or kind in MONITOR_TYPES or str(kind).endswith("alert")
    )


def _burn_rate(document: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    """An SLO alert against its SLO, where that lies beside it as in a pack."""
    named = _SLO.search(str(document.get("query"))) if document.get("type") == "slo alert" else None
    file = path.parent.parent / "slos" / f"{named[1]}.json" if named else None
    if file is None or not file.is_file():
        return
    try:
        query = parse_monitor_query("slo alert", str(document["query"]))
        slo = parse_slo(read_policy_text(file.read_bytes())[0])
        assert isinstance(query, SloQuery)
        target = slo.target_of(f"{query.over.amount}{query.over.unit}")
        if target is not None:
            check_burn_rate(query, target.target / 100)
    except QueryError as error:
        yield Finding(
            rule="burn-rate", path=str(path), place="$.query", message=error.reason, monitor=str(document["name"])
        )
    except (InputError, PolicyError, msgspec.ValidationError) as error:
        yield Finding(rule="unreadable", path=str(file), place="$", message=str(error))


def _duplicates(document: Mapping[str, Any], path: str, names: dict[str, str]) -> Iterator[Finding]:
    name = str(document.get("name") or "")
    if name and name in names:
        yield Finding(rule="duplicate-name", path=path, place="$.name", message=f"also in {names[name]}", monitor=name)
    names.setdefault(name, path)


def _place(text: str) -> str:
    """The path in a message such as "Expected `int`, got `str` - at `$.options.timeout_h`"."""
    _, _, place = text.rpartition("`$")
    return f"${place.rstrip('`')}" if place else "$"
