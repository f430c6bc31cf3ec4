"""docs/monitors/states.md against the state machine: kinds of transitions, modes, bounds, reasons."""

import inspect
import re
from pathlib import Path

from lrcp.model.monitor_state import DATADOG_NAMES, Transition
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.timing import frequency_s
from lrcp.monitors.state import advance, missing, rules
from lrcp.monitors.state.step import MAX_EVALUATIONS, MAX_QUIET_EVALUATIONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "monitors" / "states.md").read_text()


def test_every_state_has_a_row() -> None:
    assert [name for name in DATADOG_NAMES.values() if f"`{name}`" not in PAGE] == []


def test_every_kind_of_transition_is_in_the_table_and_in_the_record() -> None:
    code = inspect.getsource(advance) + inspect.getsource(missing)
    kinds = set(re.findall(r'State\.\w+\)?: "(\w+)"|kind="(\w+)"', code))
    names = {name for pair in kinds for name in pair if name}
    assert len(names) == 13
    assert [name for name in names if f"| `{name}` |" not in PAGE] == []
    assert [name for name in names if name not in (Transition.__doc__ or "")] == []


def test_every_mode_has_a_row() -> None:
    modes = set(re.findall(r'"(show_no_data|show_and_notify_no_data|resolve)": Missing', inspect.getsource(rules)))
    assert len(modes) == 3
    assert [mode for mode in (*modes, "default") if f"| `on_missing_data: {mode}` |" not in PAGE] == []


def test_bounds_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert f"{rules.MAX_GROUPS:,} groups of one monitor" in text
    assert f"The evaluations of {MAX_EVALUATIONS} groups are kept" in text
    assert f"at most {MAX_QUIET_EVALUATIONS} are of groups that are OK" in text
    assert f"until {spell_duration(rules.RENOTIFY_STOP_S)} after" in text
    assert [frequency_s(hours * 3600) for hours in (23, 47, 48)] == [10, 600, 1800]
