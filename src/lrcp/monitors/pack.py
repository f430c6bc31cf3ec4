"""A pack: a folder of Datadog's JSON that refers to its own documents by the names of their files.

Ids exist only where a document is stored. So a file writes `{{monitor:slow}}`, `{{slo:availability}}`, `{{dashboard:llm}}` for the id
of a document, `{{runbook:slow}}` and `{{page:/traces}}` for an address; whoever stores the pack puts the real ones in, in the
order that load_pack gives.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lrcp.model.errors import InputError

FOLDERS: Final = {"monitors": "monitor", "slos": "slo", "dashboards": "dashboard"}
"""Folder of a pack -> kind of its documents."""
_REFERENCE: Final = re.compile(r"\{\{(monitor|slo|dashboard|runbook|page):([^{}\s]+)\}\}")
_IDS: Final = "monitor_ids"
"""The member whose references become numbers; everywhere else an id stands within a text."""


@dataclass(frozen=True, slots=True)
class PackDocument:
    """One file. name: of the file, without `.json`. document: as it is written. needs: kind and name of the documents that
    must be stored before it. runbooks: names of those it links to."""

    kind: str
    name: str
    document: dict[str, Any]
    needs: tuple[tuple[str, str], ...]
    runbooks: tuple[str, ...]


def load_pack(path: Path) -> list[PackDocument]:
    """The documents of a folder with `monitors/`, `slos/`, `dashboards/` and `runbooks/`, each after those that it needs.

    Raises: InputError - a file that is no JSON object, a reference to a document or runbook that is not there, or references
    that run in a circle.
    """
    found = {
        (kind, file.stem): _read(kind, file)
        for folder, kind in FOLDERS.items()
        for file in sorted((path / folder).glob("*.json"))
    }
    for one in found.values():
        _check(one, found, path)
    return _ordered(found)


def resolve(document: Any, ids: Mapping[tuple[str, str], str], *, address: str) -> Any:
    """A document with its references replaced; everything else as it is.

    Args:
        ids: (kind, name) -> id of what is stored already. address: of the server, `http://127.0.0.1:8000`, without a slash at
            its end; runbooks are at `/runbooks/<name>` there.
    Raises: InputError - an id is missing.
    """
    if isinstance(document, dict):
        return {
            member: [_number(one, ids) for one in value] if member == _IDS else resolve(value, ids, address=address)
            for member, value in document.items()
        }
    if isinstance(document, list):
        return [resolve(one, ids, address=address) for one in document]
    if isinstance(document, str):
        return _REFERENCE.sub(lambda match: _text(match[1], match[2], ids, address), document)
    return document


def _read(kind: str, file: Path) -> PackDocument:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file.name}: {error}") from error
    if not isinstance(document, dict):
        raise InputError(f"{file.name}: a document is a JSON object")
    seen = dict.fromkeys(_references(document))
    needs = tuple((to, name) for to, name in seen if to in FOLDERS.values())
    return PackDocument(kind, file.stem, document, needs, tuple(name for to, name in seen if to == "runbook"))


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of every reference, in their order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    if isinstance(value, str):
        yield from ((match[1], match[2]) for match in _REFERENCE.finditer(value))


def _check(one: PackDocument, found: Mapping[tuple[str, str], PackDocument], path: Path) -> None:
    for kind, name in one.needs:
        if (kind, name) not in found:
            raise InputError(f"{one.name}.json refers to the {kind} {name!r}, which is not in the pack")
    for name in one.runbooks:
        if not (path / "runbooks" / f"{name}.md").is_file():
            raise InputError(f"{one.name}.json refers to the runbook {name!r}, which is not in the pack")


def _ordered(found: dict[tuple[str, str], PackDocument]) -> list[PackDocument]:
    """Each behind what it needs; otherwise monitors, SLOs, dashboards, by name."""
    waiting, ordered = dict(found), []
    while waiting:
        ready = [key for key, one in waiting.items() if not any(need in waiting for need in one.needs)]
        if not ready:
            raise InputError(f"references run in a circle: {', '.join(name for _, name in waiting)}")
        ordered += [waiting.pop(key) for key in ready]
    return ordered


def _text(kind: str, name: str, ids: Mapping[tuple[str, str], str], address: str) -> str:
    if kind == "runbook":
        return f"{address}/runbooks/{name}"
    if kind == "page":
        return f"{address}{name}"
    if (kind, name) not in ids:
        raise InputError(f"the {kind} {name!r} is not stored yet")
    return ids[kind, name]


def _number(value: Any, ids: Mapping[tuple[str, str], str]) -> Any:
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return int(_text(match[1], match[2], ids, "")) if match else value
