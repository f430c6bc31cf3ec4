"""Episodes: from the first worrying state of a group to its recovery."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from lrcp.model.monitor_state import State, Transition

_CALM: Final = (State.OK, State.SKIPPED)


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One group's time out of OK. worst: the worst state meanwhile. start_s, end_s: Unix seconds, end_s None: it lasts.

    alert_s: when it first came into ALERT, None never. value: of the transition into the worst state.
    """

    monitor_id: int
    group: str
    worst: State
    start_s: float
    end_s: float | None = None
    alert_s: float | None = None
    value: float | None = None
    reason: str = ""

    def lasted_s(self, until_s: float) -> float:
        """Seconds; of one that lasts, until a moment."""
        return (until_s if self.end_s is None else self.end_s) - self.start_s


def find_episodes(transitions: Iterable[Transition]) -> list[Episode]:
    """Episodes by their start. transitions: in the order of time; those of other kinds of change are passed over."""
    open_now: dict[tuple[int, str], Episode] = {}
    done: list[Episode] = []
    for one in transitions:
        key = (one.monitor_id, one.group)
        running = open_now.pop(key, None)
        if one.after in _CALM:
            if running is not None:
                done.append(msgspec.structs.replace(running, end_s=one.time_s))
        else:
            open_now[key] = _begin(one) if running is None else _worsen(running, one)
    return sorted([*done, *open_now.values()], key=lambda one: (one.start_s, one.monitor_id, one.group))


def _begin(one: Transition) -> Episode:
    return Episode(
        monitor_id=one.monitor_id,
        group=one.group,
        worst=one.after,
        start_s=one.time_s,
        alert_s=one.time_s if one.after is State.ALERT else None,
        value=one.value,
        reason=one.reason,
    )


def _worsen(running: Episode, one: Transition) -> Episode:
    if one.after <= running.worst:
        return running
    alert_s = one.time_s if one.after is State.ALERT and running.alert_s is None else running.alert_s
    return msgspec.structs.replace(running, worst=one.after, alert_s=alert_s, value=one.value, reason=one.reason)


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """added: episodes of the new version that overlap none of the old; dropped: the reverse; kept: (old, new) pairs."""

    added: tuple[Episode, ...]
    dropped: tuple[Episode, ...]
    kept: tuple[tuple[Episode, Episode], ...]


def compare_episodes(old: Sequence[Episode], new: Sequence[Episode], until_s: float) -> Differences:
    """What one version of a monitor does otherwise than another. Groups are compared where both have them."""
    pairs = [(one, other) for one in old for other in new if one.group == other.group and _overlap(one, other, until_s)]
    matched_old, matched_new = {id(one) for one, _ in pairs}, {id(other) for _, other in pairs}
    return Differences(
        added=tuple(one for one in new if id(one) not in matched_new),
        dropped=tuple(one for one in old if id(one) not in matched_old),
        kept=tuple(pairs),
    )


def _overlap(one: Episode, other: Episode, until_s: float) -> bool:
    one_end = until_s if one.end_s is None else one.end_s
    other_end = until_s if other.end_s is None else other.end_s
    return one.start_s <= other_end and other.start_s <= one_end
