"""What an installation starts with: the pack's monitors, SLOs, dashboards and runbooks, put into the state database once."""

import logging
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from lrcp.datadog.dashboards.definition import new_dashboard_id, parse_dashboard
from lrcp.datadog.errors import Refusal
from lrcp.datadog.monitors.definition import new_definition
from lrcp.datadog.slos.definition import parse_definition
from lrcp.model.errors import InputError, SettingsError
from lrcp.monitors.pack import PackDocument, load_pack, resolve
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.resources import ResourceStore, new_id

log = logging.getLogger(__name__)

DEFAULT_PACK: Final = Path(str(files("lrcp"))) / "packs"
PACK: Final = "pack"
RUNBOOK: Final = "runbook"
"""Kinds of resources."""

_Parse = Callable[[dict[str, Any]], dict[str, Any]]
_KINDS: Final[Mapping[str, tuple[_Parse, Callable[[], str | None]]]] = {
    "monitor": (new_definition, lambda: None),
    "slo": (parse_definition, lambda: new_id().replace("-", "")),
    "dashboard": (parse_dashboard, new_dashboard_id),
}
"""Kind -> its document from a body, as the API makes it; and its next id, None where numbers are given out."""


def load_first_pack(
    setting: str, resources: ResourceStore, leases: LeaseStore, *, holder: str, address: str, now_ns: int
) -> int:
    """Put a pack into an installation that never had one. Returns: how many documents were made.

    What was cut off is taken up where it stopped; what users changed or deleted since stays as it is. Of servers that
    start together on one state database one does it.

    Args:
        setting: `default`, the path of a folder, or `none`. holder: names this server. address: of the web app, for links
            in messages.
    Raises: SettingsError - there is no such folder, or a file of it is wrong; UnavailableError - the state database.
    """
    if setting == "none":
        return 0
    known = resources.find(PACK, "first")
    if known is not None and known.document["whole"]:
        return 0
    folder = DEFAULT_PACK if setting == "default" else Path(setting)
    if not folder.is_dir():
        raise SettingsError(f"LRCP_MONITOR_PACK={setting!r} is no folder; use default, none, or the path of a pack")
    lease = leases.acquire(PACK, holder, now_ns)
    if lease is None:
        return 0
    try:
        return _load(folder, _begin(resources, now_ns), resources, address, now_ns)
    except (InputError, Refusal) as error:
        raise SettingsError(f"LRCP_MONITOR_PACK={setting!r} cannot be loaded: {error}") from error
    finally:
        leases.release(lease)


def _begin(resources: ResourceStore, now_ns: int) -> dict[str, Any]:
    """What was done so far: the ids of the documents by kind and name, and whether that is all."""
    known = resources.find(PACK, "first")
    if known is not None:
        return known.document
    return resources.create(PACK, {"ids": {}, "whole": False}, now_ns=now_ns, id="first").document


def _load(folder: Path, done: dict[str, Any], resources: ResourceStore, address: str, now_ns: int) -> int:
    made = 0
    if done["whole"]:
        return made
    for file in sorted((folder / "runbooks").glob("*.md")):
        if resources.find(RUNBOOK, file.stem, deleted=True) is None:
            resources.create(RUNBOOK, {"text": file.read_text("utf-8")}, now_ns=now_ns, id=file.stem)
    for one in load_pack(folder):
        name = f"{one.kind}/{one.name}"
        if name not in done["ids"]:
            done["ids"][name] = _create(one, done["ids"], resources, address, now_ns)
            resources.update(PACK, "first", done, now_ns=now_ns)
            made += 1
    resources.update(PACK, "first", done | {"whole": True}, now_ns=now_ns)
    return made


def _create(one: PackDocument, ids: Mapping[str, str], resources: ResourceStore, address: str, now_ns: int) -> str:
    parse, next_id = _KINDS[one.kind]
    known = {(kind, name): id for key, id in ids.items() for kind, _, name in (key.partition("/"),)}
    try:
        document = parse(resolve(one.document, known, address=address))
    except (InputError, Refusal) as error:
        raise InputError(f"{one.kind} {one.name}.json: {error}") from error
    return resources.create(one.kind, document, now_ns=now_ns, id=next_id()).id
