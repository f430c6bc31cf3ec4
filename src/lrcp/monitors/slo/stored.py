"""The SLOs in force from the state database, each with its corrections, and the past of monitors beside them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from lrcp.model.errors import InputError
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.resource import Resource
from lrcp.model.slo import Correction, Slo, parse_correction, parse_slo
from lrcp.monitors.slo.alert import SloBook
from lrcp.monitors.slo.past import StateRecords, StoredPast
from lrcp.store.state.resources import ResourceStore

log = logging.getLogger(__name__)

SLO: Final = "slo"
CORRECTION: Final = "slo_correction"
_MONITOR: Final = "monitor"


def load_slos(resources: ResourceStore, records: StateRecords) -> SloBook:
    """All SLOs by id; one that cannot be read is left out and told in the log. Blocks. Raises: UnavailableError."""
    corrections = [one.document for one in resources.find_all(CORRECTION)]
    found: dict[str, Slo] = {}
    for one in resources.find_all(SLO):
        try:
            found[one.id] = slo_of(one, corrections)
        except (InputError, msgspec.ValidationError) as error:
            log.warning("the SLO %s cannot be read: %s", one.id, error)
    return SloBook(found, StoredPast(records, StoredMonitors(resources)))


def slo_of(resource: Resource, corrections: Sequence[Mapping[str, Any]]) -> Slo:
    """The SLO of a document, with those of the corrections that apply to it.

    Raises: InputError, msgspec.ValidationError - the document, or a correction of it, cannot be read.
    """
    mine: list[Correction] = [parse_correction(one) for one in corrections if applies_to(one, resource)]
    return parse_slo(resource.document, id=resource.id, corrections=mine)


def applies_to(correction: Mapping[str, Any], slo: Resource) -> bool:
    """Whether a correction names an SLO, by its id or by words that are its tags or part of its name."""
    if correction.get("slo_id"):
        return bool(correction["slo_id"] == slo.id)
    words = str(correction.get("slo_query") or "").lower().replace(" and ", " ").split()
    name = str(slo.document.get("name", "")).lower()
    tags = {str(tag).lower() for tag in slo.document.get("tags") or ()}
    return bool(words) and all(word in tags or word in name for word in words)


class StoredMonitors:
    """Definitions over the documents in the state database."""

    def __init__(self, resources: ResourceStore) -> None:
        self._resources = resources

    def find_monitor(self, monitor_id: int) -> Monitor | None:
        """A monitor, None when there is none, or none that can be read."""
        found = self._resources.find(_MONITOR, str(monitor_id))
        if found is None:
            return None
        try:
            return parse_monitor(found.document, id=monitor_id, modified_ns=found.modified_ns)
        except msgspec.ValidationError:
            return None
