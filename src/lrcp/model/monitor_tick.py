"""What one tick leaves of a monitor, to be kept together."""

import msgspec

from lrcp.model.monitor_state import Evaluation, GroupState, State, Transition
from lrcp.model.notification import Notification


class MonitorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor as a whole. state: the worst of its groups. evaluated_s: time of its last evaluation, Unix seconds.

    definition: digest of the definition that was evaluated; with another one it starts anew.
    """

    monitor_id: int
    state: State
    evaluated_s: int
    definition: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """states: the groups that are new or changed. gone: names of groups that aged away.

    transitions: each with the notifications that tell of it.
    """

    status: MonitorStatus
    states: tuple[GroupState, ...] = ()
    gone: tuple[str, ...] = ()
    transitions: tuple[tuple[Transition, tuple[Notification, ...]], ...] = ()


class MonitorEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What one evaluation of a monitor found. at_s: time of the tick, Unix seconds. took_s: seconds of computing.

    groups: the worst first, not necessarily all of group_count. note: what there is to say of the whole, such as why it
    could not be evaluated (its state is then UNKNOWN), or a bound that was reached; ''.
    """

    monitor_id: int
    at_s: int
    state: State
    took_s: float
    group_count: int
    note: str = ""
    groups: tuple[Evaluation, ...] = ()
