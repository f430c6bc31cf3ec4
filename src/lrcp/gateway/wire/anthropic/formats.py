"""Anthropic's formats, as records: messages, and the counting of their tokens."""

from typing import Final

from lrcp.gateway.wire.anthropic import calls, errors, reading
from lrcp.gateway.wire.anthropic.parsing import parse_request
from lrcp.gateway.wire.anthropic.rendering import render_request
from lrcp.gateway.wire.anthropic.replies import parse_reply, render_reply
from lrcp.gateway.wire.anthropic.stream_parser import StreamParser
from lrcp.gateway.wire.anthropic.stream_renderer import StreamRenderer
from lrcp.gateway.wire.format import CHAT, COUNT_TOKENS, ChatCodec, Format

FAMILY: Final = "anthropic"

ANTHROPIC_MESSAGES: Final = Format(
    name="anthropic.messages",
    family=FAMILY,
    operation=CHAT,
    decode_call=calls.decode_messages,
    fit_body=calls.fit_body,
    target_path=calls.messages_path,
    read_body=reading.read_body,
    read_event=reading.read_event,
    render_error=errors.render_error,
    render_error_event=errors.render_error_event,
    error_of=errors.error_of,
    estimate_prompt_tokens=calls.estimate_prompt_tokens,
    chat=ChatCodec(
        parse_request=parse_request,
        render_request=render_request,
        parse_reply=parse_reply,
        render_reply=render_reply,
        new_parser=StreamParser,
        new_renderer=StreamRenderer,
    ),
)
ANTHROPIC_COUNT_TOKENS: Final = Format(
    name="anthropic.count_tokens",
    family=FAMILY,
    operation=COUNT_TOKENS,
    decode_call=calls.decode_count,
    fit_body=calls.fit_body,
    target_path=calls.count_path,
    read_body=reading.read_count,
    read_event=reading.read_count_event,
    render_error=errors.render_error,
    render_error_event=errors.render_error_event,
    error_of=errors.error_of,
    estimate_prompt_tokens=calls.estimate_prompt_tokens,
)
