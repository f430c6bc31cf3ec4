"""Whatever the message and the values, rendering ends, within bounds, and lets nobody else's words in unescaped."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.monitors.message.check import check_message
from lrcp.monitors.message.context import Context, Part
from lrcp.monitors.message.render import MAX_BODY_CHARS, render_notification, render_text
from tests.unit.monitors.message.scenes import monitor, transition
from tests.unit.monitors.message.test_render import HOLDS

PIECES = [
    "{{", "}}", "{{{", "}}}", "{{{{", "}}}}", "{{#is_alert}}", "{{^is_alert}}", "{{/is_alert}}", "{{else}}", "{{value}}",
    "{{{host.name}}}", "{{host.name}}", '{{#is_match "host.name" "a"}}', "{{/is_match}}", '{{eval "value+', '"}}', "@ops ",
    "{{!--", "--}}", "{{{{raw}}}}", "{{{{/raw}}}}", "\n", " ", "@", "(eval \"1\")", "[", "]", "{{log.message}}", "'", '"',
    "{{override_priority 'P1'}}", "{{local_time 'value' 'UTC'}}", "{{urlencode \"host.name\"}}", "x", "é", "\r\n",
]  # fmt: skip
templates = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join)
texts = st.text(max_size=40)


@settings(max_examples=400, deadline=None)
@given(message=templates, name=templates, kind=st.sampled_from(sorted(HOLDS)), host=texts, log=texts)
def test_rendering_never_fails(message: str, name: str, kind: str, host: str, log: str) -> None:
    known = Context(tags=(f"host:{host}",), record_kind="log", record={"message": log}, parts={"a": Part(value=1.0)})
    sent = render_notification(monitor(message, name=name or "x"), transition(kind), known)
    assert len(sent.body) <= MAX_BODY_CHARS + 1000
    for problem in check_message(message):
        assert 0 <= problem.offset <= len(message)
        assert message.split("\n")[problem.line - 1] is not None


@settings(max_examples=300, deadline=None)
@given(host=texts, kind=st.sampled_from(sorted(HOLDS)))
def test_a_value_in_double_braces_brings_no_markup_no_template_and_no_handle(host: str, kind: str) -> None:
    known = Context(tags=(f"host:{host}",))
    message = "before {{host.name}} after"
    rendered = render_text(message, monitor(), transition(kind), known)
    inside = rendered.removeprefix("before ").removesuffix(" after")
    assert not set(inside) & set("<>\"'")
    assert render_notification(monitor(message), transition(kind), known).handles == ()


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_characters="{}"), max_size=200))
def test_text_without_braces_renders_as_itself(text: str) -> None:
    assert render_text(text, monitor(), transition()) == text


def test_a_long_hostile_message_is_read_in_one_pass() -> None:
    for piece in (
        "{{",
        "{{{",
        "{{{{",
        "{{#is_alert}}",
        "{{!--",
        "{{value}}",
        "{{/x}}",
        "{{{{x}}}}",
        "{{#is_alert}} ",
        "[ {{[",
    ):
        message = piece * (64 * 1024 // len(piece))
        assert render_notification(monitor(message), transition()).monitor_id == 7


def test_a_short_message_of_a_long_value_is_cut() -> None:
    known = Context(tags=(f"host:{'x' * 20_000}",))
    assert len(render_text("{{host.name}}" * 5000, monitor(), transition(), known)) <= MAX_BODY_CHARS + 3
