"""A notification from a monitor, a transition and what is known beside them.

Where Datadog's documents are silent, this is ours (docs/monitors/notifications.md says which): how times and numbers are
written, and that an escalation message stands above the message.
"""

from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import quote

from lrcp.kit.recurrence import parse_timezone
from lrcp.model.errors import InputError
from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import State, Transition
from lrcp.model.notification import Notification
from lrcp.monitors.message.conditions import CONDITIONS
from lrcp.monitors.message.context import Context
from lrcp.monitors.message.handles import find_handles, without_handles
from lrcp.monitors.message.parser import parse_template
from lrcp.monitors.message.tree import Insert, Literal, Node, Path, Quoted, Section
from lrcp.monitors.message.values import Values

MAX_TITLE_CHARS: Final = 500
MAX_BODY_CHARS: Final = 100_000
_CUT: Final = "..."
_COMPARATOR: Final = Path(("comparator",))
"""The one variable that is never escaped: it is `>` or the like, and nobody else's words."""

_WORDS: Final = {State.ALERT: "Triggered", State.WARN: "Warn", State.NO_DATA: "No data", State.UNKNOWN: "Unknown"}
"""By the state after the transition, as payloads of Datadog's webhooks have them; `Unknown` is ours. `Re-` before them:
told again."""

_HIDES: Final = {
    "hide_query": frozenset({"query"}),
    "hide_handles": frozenset({"handles"}),
    "hide_handles_and_footer": frozenset({"handles", "footer"}),
    "hide_query_and_handles": frozenset({"query", "handles"}),
    "hide_all": frozenset({"query", "handles", "footer"}),
    "show_only_snapshot": frozenset({"query", "handles", "footer"}),
}
"""What a notification preset leaves out; show_all, or none, leaves out nothing. There are no snapshots here."""


def render_notification(monitor: Monitor, transition: Transition, context: Context | None = None) -> Notification:
    """What is told of a transition, and to whom. It is never an error: what cannot be read in the message is text."""
    values = Values(monitor, transition, context or Context())
    title = _Writer(values, MAX_TITLE_CHARS)
    title.write(parse_template(monitor.name).nodes)
    message = _Writer(values, MAX_BODY_CHARS)
    if transition.kind == "renotify" and monitor.options.escalation_message:
        message.write(parse_template(monitor.options.escalation_message).nodes)
        message.write((Literal("\n\n"),))
    message.write(parse_template(monitor.message).nodes)
    handles = find_handles(message.text, message.inserted)
    priority = message.priority or monitor.priority
    return Notification(
        monitor_id=monitor.id,
        group=transition.group,
        time_s=transition.time_s,
        kind=transition.kind,
        title=f"{title_prefix(monitor, transition, priority, test=values.context.test)} {' '.join(title.text.split())}",
        body=_body(values, message.text, handles),
        handles=handles,
        priority=priority,
    )


def title_prefix(monitor: Monitor, transition: Transition, priority: int | None, *, test: bool = False) -> str:
    """`[P2] [Triggered on {host:h1}]`; without a priority, groups or with include_tags false `[Triggered]`."""
    word = _WORDS.get(transition.after, "Recovered")
    if transition.kind == "renotify":
        word = f"Re-{word}"
    grouped = monitor.options.include_tags and transition.group != "*"
    place = f" on {{{transition.group[:MAX_TITLE_CHARS]}}}" if grouped else ""
    ranked = f"[P{priority}] " if priority else ""
    return f"{'[TEST] ' if test else ''}{ranked}[{word}{place}]"


def render_text(text: str, monitor: Monitor, transition: Transition, context: Context | None = None) -> str:
    """One template rendered, without anything around it."""
    writer = _Writer(Values(monitor, transition, context or Context()), MAX_BODY_CHARS)
    writer.write(parse_template(text).nodes)
    return writer.text


def _body(values: Values, text: str, handles: tuple[str, ...]) -> str:
    hidden = _HIDES.get(values.monitor.options.notification_preset_name or "", frozenset())
    text = without_handles(text, handles) if "handles" in hidden else text
    parts = [text.strip()]
    if "query" not in hidden and values.monitor.query.strip():
        parts.append(f"{values.monitor.query.strip()}\n{values.transition.reason}".strip())
    if "footer" not in hidden and values.context.link:
        parts.append(values.context.link)
    return "\n\n".join(part for part in parts if part)


class _Writer:
    """Renders nodes one after another, up to a bound, and remembers which characters came from variables."""

    def __init__(self, values: Values, most: int) -> None:
        self._values = values
        self._pieces: list[str] = []
        self._room = most
        self._length = 0
        self.inserted: list[tuple[int, int]] = []
        self.priority: int | None = None

    @property
    def text(self) -> str:
        """What has been written."""
        return "".join(self._pieces)

    def write(self, nodes: tuple[Node, ...]) -> None:
        """Append nodes."""
        for node in nodes:
            if self._room <= 0:
                return
            match node:
                case Literal(text):
                    self._append(text)
                case Insert():
                    self._insert(node)
                case Section():
                    self.write(node.body if self._holds(node) else node.otherwise)

    def _holds(self, section: Section) -> bool:
        return CONDITIONS[section.condition].holds(self._values, section.arguments) != section.negated

    def _insert(self, insert: Insert) -> None:
        if insert.function == "override_priority":
            self.priority = _priority(insert)
            return
        text = _text_of(insert, self._values)
        if not insert.raw and insert.arguments[0] != _COMPARATOR:
            text = escape(text)
        start = self._length
        self._append(text)
        if self._length > start:
            self.inserted.append((start, self._length))

    def _append(self, text: str) -> None:
        if len(text) > self._room:
            text, self._room = text[: self._room] + _CUT, 0
        self._room -= len(text)
        self._length += len(text)
        self._pieces.append(text)


def _priority(insert: Insert) -> int | None:
    (name,) = insert.arguments
    return int(name.text[1:]) if isinstance(name, Quoted) else None


def _text_of(insert: Insert, values: Values) -> str:
    if insert.function == "local_time":
        return _local_time(insert, values)
    text = values.text(insert.arguments[0])
    return _url_encode(text) if insert.function == "urlencode" else text


def _url_encode(text: str) -> str:
    return quote(text, safe="")


def _local_time(insert: Insert, values: Values) -> str:
    """`2021-05-31 23:43:27+09:00`; nothing when there is no such time or zone."""
    path, zone = insert.arguments
    assert isinstance(path, Path)
    assert isinstance(zone, Quoted)
    seconds = _seconds(path, values)
    if seconds is None:
        return ""
    try:
        moment = datetime.fromtimestamp(seconds, parse_timezone(zone.text))
    except (InputError, ValueError, OverflowError, OSError):
        return ""
    return moment.isoformat(sep=" ", timespec="seconds")


def _seconds(path: Path, values: Values) -> float | None:
    """A variable as a time: one of our own, milliseconds since 1970, or a text in ISO 8601."""
    own = {"last_triggered_at": values.last_triggered_s, "first_triggered_at": values.first_triggered_s}
    if path.parts[-1] in own and len(path.parts) == 1:
        return own[path.parts[0]]
    found = values.find(path)
    if isinstance(found, float):
        return found / 1000
    try:
        return datetime.fromisoformat(str(found)).timestamp()
    except ValueError:
        return None
