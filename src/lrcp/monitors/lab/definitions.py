"""Definitions for the lab: Datadog's JSON (or the same in YAML) from files or from the case file itself, put in order.

A file of a pack refers to its neighbours (`{{monitor:slow}}`, `{{slo:availability}}`): they are found beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from lrcp.model.errors import InputError
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.policy.problems import PolicyError
from lrcp.model.policy.text import read_policy_text
from lrcp.model.slo import Slo, parse_correction, parse_slo
from lrcp.monitors.downtime.definition import Downtime, parse_downtime
from lrcp.monitors.pack import resolve
from lrcp.monitors.rules.definition import NotificationRule, parse_rule

ADDRESS: Final = "http://127.0.0.1:8000"
"""What references to pages and runbooks become."""
_REFERENCE: Final = re.compile(r"\{\{(monitor|slo):([^{}\s]+)\}\}")
_FOLDERS: Final = {"monitor": "monitors", "slo": "slos"}


@dataclass(slots=True)
class Definitions:
    """What a case file speaks of, by name; asked: the monitors it names itself, the others only came along."""

    monitors: dict[str, Monitor] = field(default_factory=dict)
    slos: dict[str, Slo] = field(default_factory=dict)
    downtimes: list[Downtime] = field(default_factory=list)
    rules: list[NotificationRule] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """A document that is not read yet. folder: what its references are looked for from."""

    document: dict[str, Any]
    folder: Path


class DefinitionLoader:
    """Gathers documents, and makes definitions of them once all are known. folder: of the case file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[str, str], _Found] = {}
        self._asked: list[str] = []
        self._given_ids: dict[tuple[str, str], str] = {}

    def add_monitor(self, given: Any, name: str = "") -> None:
        """A monitor: the path of a file, or a definition. Raises: InputError."""
        self._asked.append(self._add("monitor", given, name))

    def add_slo(self, given: Any, name: str = "") -> None:
        """An SLO: the path of a file, or a definition; named by its id, where it has one. Raises: InputError."""
        self._add("slo", given, name)

    def finish(self) -> Definitions:
        """All of them, with numbers for ids and references replaced. Raises: InputError."""
        ids = self._given_ids = self._ids()
        made = Definitions(asked=self._asked)
        for (kind, name), found in self._found.items():
            document = resolve(found.document, ids, address=ADDRESS)
            if kind == "monitor":
                made.monitors[name] = _monitor(document, int(ids[kind, name]), name)
            else:
                made.slos[ids[kind, name]] = _slo(document, ids[kind, name])
        return made

    def read_downtime(self, given: Any, number: int, start_s: float) -> Downtime:
        """A downtime of a case, which may name its monitor: {monitor: slow}. After finish. Raises: InputError."""
        document = dict(resolve(_object(given, "a downtime"), self._given_ids, address=ADDRESS))
        name = document.pop("monitor", None)
        if name is not None:
            if ("monitor", name) not in self._given_ids:
                raise InputError(f"there is no monitor {name!r} for the downtime")
            document["monitor_identifier"] = {"monitor_id": int(self._given_ids["monitor", name])}
        document.setdefault("monitor_identifier", {"monitor_tags": ["*"]})
        return parse_downtime(document, id=str(document.get("id") or f"downtime {number}"), created_s=start_s)

    def _add(self, kind: str, given: Any, name: str) -> str:
        if isinstance(given, str):
            path = self._folder / given
            return self._keep(kind, name or path.stem, _Found(read_document(path), path.parent))
        document = _object(given, f"the path of a file, or the definition of the {kind}")
        if set(document) <= {"file", "as"}:
            return self._add(kind, document.get("file"), str(document.get("as") or name))
        name = name or str(document.get("id") or ("monitor" if kind == "monitor" else "slo"))
        return self._keep(kind, name, _Found(dict(document), self._folder))

    def _keep(self, kind: str, name: str, found: _Found) -> str:
        if (kind, name) in self._found:
            raise InputError(
                f"there are two {kind}s with the name {name!r}; give one another name, as in {{file: ..., as: ...}}"
            )
        self._found[kind, name] = found
        for to, other in sorted(_references(found.document)):
            if (to, other) not in self._found and (path := _neighbour(found.folder, to, other)) is not None:
                self._keep(to, other, _Found(read_document(path), path.parent))
        return name

    def _ids(self) -> dict[tuple[str, str], str]:
        """Ids that the documents have themselves, and numbers for the others."""
        ids: dict[tuple[str, str], str] = {}
        taken = {str(found.document["id"]) for found in self._found.values() if found.document.get("id")}
        number = 0
        for key, found in self._found.items():
            own = found.document.get("id")
            if own is None and key[0] == "slo":
                own = key[1]
            while own is None:
                number += 1
                own = None if str(number) in taken else number
            ids[key] = str(own)
        return ids


def read_document(path: Path) -> dict[str, Any]:
    """A definition from a file of JSON or YAML. Raises: InputError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    try:
        value, _ = read_policy_text(text)
    except PolicyError as error:
        raise InputError(f"{path}: {error}") from error
    return dict(_object(value, str(path)))


def read_rule(given: Any, number: int) -> NotificationRule:
    """A notification rule of a case. Raises: InputError."""
    return parse_rule(_object(given, "a rule"), id=f"rule {number}")


def _object(given: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(f"{what} must be an object, not {type(given).__name__}")
    return given


def _references(value: Any) -> set[tuple[str, str]]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*(_references(one) for one in value)) if value else set()
    return {(match[1], match[2]) for match in _REFERENCE.finditer(value)} if isinstance(value, str) else set()


def _neighbour(folder: Path, kind: str, name: str) -> Path | None:
    """The file of a document in the same folder, or in the pack's folder of its kind."""
    places = (folder / f"{name}.json", folder.parent / _FOLDERS[kind] / f"{name}.json")
    return next((path for path in places if path.is_file()), None)


def _monitor(document: dict[str, Any], id: int, name: str) -> Monitor:
    try:
        return parse_monitor({"name": name, "type": "query alert"} | document, id=id)
    except msgspec.ValidationError as error:
        raise InputError(f"the monitor {name}: {error}") from error


def _slo(document: dict[str, Any], id: str) -> Slo:
    corrections = document.pop("corrections", None) or []
    try:
        return parse_slo(document, id=id, corrections=[parse_correction(one) for one in corrections])
    except msgspec.ValidationError as error:
        raise InputError(f"the SLO {id}: {error}") from error
