"""How good a monitor would have been, where it is known when something was really wrong."""

import statistics
from collections.abc import Sequence

import msgspec

from lrcp.model.errors import InputError
from lrcp.model.monitor_state import State
from lrcp.monitors.replay.episodes import Episode


class MarkedIncident(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which something was wrong, [start_s, end_s] Unix seconds. monitors: names that should see it, () any."""

    start_s: float
    end_s: float
    name: str = ""
    monitors: tuple[str, ...] = ()


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Of one monitor, or of several together. alerts: episodes that reached ALERT; right: those that met an incident.

    precision: right / alerts, recall: detected / incidents; None where there is nothing to divide by.
    detect_s: median seconds from an incident's start to the first alert within it (0 where it alerted already).
    missed: names of the incidents that nobody saw.
    """

    alerts: int
    right: int
    incidents: int
    detected: int
    precision: float | None
    recall: float | None
    detect_s: float | None
    missed: tuple[str, ...]


def score_episodes(
    episodes: Sequence[Episode], incidents: Sequence[MarkedIncident], *, until_s: float, slack_s: float = 0.0
) -> Score:
    """Compare alerts with incidents.

    Args:
        episodes: only those that reached ALERT count. until_s: end of the replay, for episodes that last.
        slack_s: an alert that begins so long after an incident's end, or ends so long before its start, still meets it.
    Raises: InputError - an incident ends before it starts.
    """
    for incident in incidents:
        if incident.end_s < incident.start_s:
            raise InputError(f"the incident {incident.name!r} ends before it starts")
    alerts = [one for one in episodes if one.worst is State.ALERT and one.alert_s is not None]
    met = [(alert, incident) for alert in alerts for incident in incidents if _meets(alert, incident, until_s, slack_s)]
    right = len({id(alert) for alert, _ in met})
    delays = [_delay_s(incident, [alert for alert, other in met if other is incident]) for incident in incidents]
    seen = [delay for delay in delays if delay is not None]
    missed = tuple(one.name for one, delay in zip(incidents, delays, strict=True) if delay is None)
    return Score(
        alerts=len(alerts),
        right=right,
        incidents=len(incidents),
        detected=len(seen),
        precision=right / len(alerts) if alerts else None,
        recall=len(seen) / len(incidents) if incidents else None,
        detect_s=statistics.median(seen) if seen else None,
        missed=missed,
    )


def _meets(alert: Episode, incident: MarkedIncident, until_s: float, slack_s: float) -> bool:
    assert alert.alert_s is not None
    end_s = until_s if alert.end_s is None else alert.end_s
    return alert.alert_s <= incident.end_s + slack_s and end_s >= incident.start_s - slack_s


def _delay_s(incident: MarkedIncident, alerts: Sequence[Episode]) -> float | None:
    return min((max(0.0, (one.alert_s or 0.0) - incident.start_s) for one in alerts), default=None)
