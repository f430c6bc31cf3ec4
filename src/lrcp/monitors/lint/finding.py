"""Findings, and the table of rules that they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lrcp.model.monitor import Monitor
from lrcp.query.monitor.ast import MonitorQuery

ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """severity: error (Datadog refuses it, or it cannot work), warning (it works, and hardly as it was meant), note.

    finds: what; advice: what to do.
    """

    severity: str
    finds: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """rule: a name of RULES. path: of the file. place: in the document, such as `$.options.thresholds`. monitor: its name."""

    rule: str
    path: str
    place: str
    message: str
    monitor: str = ""

    @property
    def severity(self) -> str:
        """Of its rule."""
        return RULES[self.rule].severity

    @property
    def advice(self) -> str:
        """Of its rule."""
        return RULES[self.rule].advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is to ask for. metrics: names. tags: keys by metric, of those metrics whose tags are known."""

    metrics: frozenset[str]
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One definition under the rules. query: parsed. document: as it is written, references replaced."""

    path: str
    monitor: Monitor
    query: MonitorQuery
    document: Mapping[str, Any]
    known: Known | None = None


RULES: Final[dict[str, Rule]] = {
    # --- refused or ignored by Datadog ---
    "unreadable": Rule(ERROR, "the file is no JSON or YAML object", "Write one definition a file, or a list of them."),
    "definition": Rule(ERROR, "a member is missing or of the wrong type", "Give name, type and query; compare with the API's reference."),
    "query": Rule(ERROR, "the query cannot be read, or this type of monitor does not take it", "Mend the query where the caret points."),
    "threshold-differs": Rule(ERROR, "options.thresholds and the query contradict each other, or a recovery or warning is on the wrong side", "Write the number of the query as `critical`; put recoveries on the harmless side."),
    "variables": Rule(ERROR, "a formula uses a query that options.variables does not have", "Add the query, or mend its name."),
    "bounds": Rule(ERROR, "an option is out of its bounds", "Use a value within the bounds that are named."),
    "missing-data-twice": Rule(ERROR, "on_missing_data stands beside notify_no_data or no_data_timeframe, which it replaces", "Keep on_missing_data alone."),
    "default-zero-resolve": Rule(ERROR, "on_missing_data `resolve` stands with default_zero()", "Drop one of the two."),
    "scope-styles": Rule(ERROR, "a scope mixes commas and words", "Write it with commas and ! or with AND, OR and NOT."),
    "anomaly-windows": Rule(ERROR, "an anomaly monitor has no threshold_windows, other ones than its alert_window, or too short a recovery window", "Set trigger_window to the alert_window and recovery_window to at least trigger x (1 - threshold) + 1 minute."),
    "burn-rate": Rule(ERROR, "a burn rate can never reach its threshold with the SLO's target", "Use a threshold of at most 1 / (1 - target)."),
    "message": Rule(ERROR, "a piece of the message cannot be read and will stand there as text", "Mend the template at the place that is named."),
    "renotify-unused": Rule(WARNING, "options of renotification without renotify_interval are ignored", "Set renotify_interval, or drop them."),
    "deprecated": Rule(NOTE, "an option is deprecated", "Use what has taken its place."),
    # --- what commonly goes wrong ---
    "unreachable": Rule(WARNING, "the value can never pass the threshold", "Compare in the unit of the query: a share is 0 to 1, a percentage 0 to 100."),
    "always": Rule(WARNING, "the value always passes the threshold", "Compare in the unit of the query."),
    "window-shorter-than-rollup": Rule(WARNING, "the window is shorter than the rollup: it holds at most a part of one bucket", "Make the window some buckets long, or the rollup shorter."),
    "no-delay": Rule(WARNING, "the newest bucket is looked at before it is complete", "Set evaluation_delay to at least the rollup's interval; 900 for metrics of cloud providers."),
    "summed-ratio": Rule(WARNING, "sum() adds up the ratios of the points", "Use .as_count() on both sides, or avg()."),
    "averaged-counts": Rule(WARNING, "with .as_count() in arithmetic only sum() is meaningful", "Use sum(...) as the head of the query."),
    "below-without-data": Rule(WARNING, "the monitor looks for values that are too low, and stays as it is when the data stop", "Set on_missing_data, such as show_and_notify_no_data, or use default_zero()."),
    "on-call-recovery": Rule(WARNING, "somebody on call is told of the alert and never of its end", "Mention the handle under is_recovery too, or outside of the conditions."),
    "nobody-told": Rule(NOTE, "the message calls nobody when it alerts", "Mention a handle, unless a notification rule does."),
    "message-variable": Rule(WARNING, "a variable of the message renders as nothing", "Use a tag that the monitor is grouped by."),
    "unknown-metric": Rule(WARNING, "nobody has sent the metric", "Mend its name, or send it."),
    "unknown-tag": Rule(WARNING, "no series of the metric has the tag", "Mend the key, or send the tag."),
    "duplicate-name": Rule(NOTE, "two monitors have the same name", "Give each a name of its own."),
    "approximation": Rule(NOTE, "the algorithm's numbers are ours, as Datadog does not publish its own", "Expect other values at Datadog; test at both."),
}  # fmt: skip
"""Every rule by its name; docs/monitors/lab.md has the same table."""
