"""What is replayed: monitors in force, or new versions of them beside those that they would replace."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from lrcp.model.errors import InputError, LrcpError
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.monitors.evaluate.prepare import Prepared, prepare

Slos = Mapping[str, Any]


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """prepared: all that is replayed. replaced: id of a new version -> id of the one in force that it is compared with.

    New versions have negative ids.
    """

    prepared: tuple[Prepared, ...]
    replaced: dict[int, int]


def choose_versions(
    in_force: Sequence[Monitor], new: Sequence[Mapping[str, Any]], ids: Collection[int], slos: Slos
) -> Versions:
    """What to replay.

    Args:
        new: definitions in Datadog's JSON; one whose `id`, or else whose name, is that of a monitor in force replaces it.
        ids: without new definitions, the monitors in force that are wanted; all of them when it is empty.
    Raises: InputError - a definition cannot be read; names it.
    """
    if not new:
        wanted = [one for one in in_force if not ids or one.id in ids]
        return Versions(prepared=tuple(_with_references(wanted, in_force, slos)), replaced={})
    drafts = [_parse(document, -number) for number, document in enumerate(new, 1)]
    replaced = {}
    for draft in drafts:
        old = _find_old(draft, in_force)
        if old is not None:
            replaced[draft.id] = old.id
    olds = [one for one in in_force if one.id in replaced.values()]
    return Versions(prepared=tuple(_with_references([*drafts, *olds], in_force, slos)), replaced=replaced)


def _parse(document: Mapping[str, Any], id: int) -> Monitor:
    try:
        return parse_monitor(dict(document), id=id)
    except msgspec.ValidationError as error:
        raise InputError(f"{document.get('name', 'a definition')!r} is no monitor: {error}") from error


def _find_old(draft: Monitor, in_force: Sequence[Monitor]) -> Monitor | None:
    given = draft.document.get("id")
    by_id = next((one for one in in_force if given is not None and str(one.id) == str(given)), None)
    return by_id or next((one for one in in_force if one.name == draft.name), None)


def _with_references(wanted: Sequence[Monitor], in_force: Sequence[Monitor], slos: Slos) -> list[Prepared]:
    """Prepared, and with them the monitors that composites among them refer to."""
    found = {one.id: _prepare(one, slos) for one in wanted}
    needed = {id for one in found.values() for id in one.references} - found.keys()
    found |= {one.id: _prepare(one, slos) for one in in_force if one.id in needed}
    return list(found.values())


def _prepare(monitor: Monitor, slos: Slos) -> Prepared:
    try:
        return prepare(monitor, slos)
    except LrcpError as error:
        raise InputError(f"{monitor.name!r} cannot be evaluated: {error}") from error
