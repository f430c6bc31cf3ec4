"""The definitions in force, prepared; followed by one small read of a revision."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from lrcp.model.errors import LrcpError
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.resource import Resource
from lrcp.monitors.downtime.definition import Downtime, parse_downtime
from lrcp.monitors.evaluate.prepare import Prepared, prepare
from lrcp.monitors.rules.definition import NotificationRule, parse_rule
from lrcp.store.state.resources import ResourceStore

log = logging.getLogger(__name__)

T = TypeVar("T")

MONITOR: Final = "monitor"
DOWNTIME: Final = "downtime"
RULE: Final = "notification_rule"
"""Kinds of resources."""
DRAFT: Final = "draft"

Slos = Mapping[str, Any]


@dataclass(slots=True)
class Definitions:
    """prepared: by id, ready to be evaluated. broken: why others cannot be. digests: of what each one evaluates.

    downtimes, rules: in force or to come; one that cannot be read is left out and logged.
    """

    prepared: dict[int, Prepared] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)
    downtimes: tuple[Downtime, ...] = ()
    rules: tuple[NotificationRule, ...] = ()


class DefinitionFollower:
    """Over the documents in the state database; calls block, and raise UnavailableError when it cannot be reached.

    load_slos gives the SLOs in force, by id, for monitors that speak of them.
    """

    def __init__(self, resources: ResourceStore, load_slos: Callable[[], Slos]) -> None:
        self._resources = resources
        self._load_slos = load_slos
        self._revision = -1
        self._made: dict[int, tuple[int, Prepared | str]] = {}
        self.current = Definitions()

    def refresh(self) -> bool:
        """Look whether anything has changed, and prepare what is new. Returns: whether it had."""
        # Before the documents are read: what is changed in between is seen next time.
        revision = self._resources.revision()
        if revision == self._revision:
            return False
        slos = self._load_slos()
        found = {int(one.id): one for one in self._resources.find_all(MONITOR) if one.id.isdigit()}
        self._made = {id: self._make(id, resource, slos) for id, resource in found.items()}
        self.current = _definitions(self._made, found)
        self.current.downtimes = self._read_all(DOWNTIME, _downtime)
        self.current.rules = self._read_all(RULE, _rule)
        self._revision = revision
        return True

    def _read_all(self, kind: str, parse: Callable[[Resource], T]) -> tuple[T, ...]:
        found = []
        for one in self._resources.find_all(kind):
            try:
                found.append(parse(one))
            except (LrcpError, ValueError, TypeError) as error:
                log.warning("the %s %s cannot be read and does nothing: %s", kind, one.id, error)
        return tuple(found)

    def _make(self, id: int, resource: Resource, slos: Slos) -> tuple[int, Prepared | str]:
        """As it was made before, unless the document is newer; an SLO alert always anew, as its SLO may be another."""
        known = self._made.get(id)
        if known is not None and known[0] == resource.modified_ns and resource.document.get("type") != "slo alert":
            return known
        return resource.modified_ns, _prepare(id, resource, slos)


def _downtime(resource: Resource) -> Downtime:
    return parse_downtime(resource.document, id=resource.id, created_s=resource.created_ns / 1e9)


def _rule(resource: Resource) -> NotificationRule:
    return parse_rule(resource.document, id=resource.id)


def _prepare(id: int, resource: Resource, slos: Slos) -> Prepared | str:
    try:
        return prepare(as_monitor(resource), slos)
    except (LrcpError, msgspec.ValidationError) as error:
        log.warning("monitor %d cannot be evaluated: %s", id, error)
        return str(error)


def as_monitor(resource: Resource) -> Monitor:
    """The definition in a document. Raises: msgspec.ValidationError - a member has the wrong type."""
    times = {"created_ns": resource.created_ns, "modified_ns": resource.modified_ns}
    return parse_monitor(resource.document, id=int(resource.id), **times)


def _definitions(made: Mapping[int, tuple[int, Prepared | str]], found: Mapping[int, Resource]) -> Definitions:
    current = Definitions()
    for id, (_, one) in made.items():
        if found[id].document.get("draft_status") == DRAFT:
            continue
        current.digests[id] = _digest(found[id].document)
        if isinstance(one, str):
            current.broken[id] = one
        else:
            current.prepared[id] = one
    return current


def _digest(document: Mapping[str, Any]) -> str:
    """Of what decides which groups there are and what their values mean: with another one, old states mean nothing."""
    options = document.get("options") or {}
    meaning = [document.get("type"), document.get("query"), options.get("variables"), options.get("notify_by")]
    return hashlib.blake2b(msgspec.json.encode(meaning, order="sorted"), digest_size=16).hexdigest()
