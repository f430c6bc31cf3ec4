"""OpenAI's responses, as records."""

from typing import Final

from lrcp.gateway.wire import openai
from lrcp.gateway.wire.format import CHAT, ChatCodec, Format
from lrcp.gateway.wire.responses import reading
from lrcp.gateway.wire.responses.parser import Parser
from lrcp.gateway.wire.responses.renderer import Renderer
from lrcp.gateway.wire.responses.replies import parse_reply, render_reply
from lrcp.gateway.wire.responses.requests_in import parse_request
from lrcp.gateway.wire.responses.requests_out import render_request


def _path(model: str, streams: bool) -> str:
    return "/responses"


OPENAI_RESPONSES: Final = Format(
    name="openai.responses",
    family=openai.FAMILY,
    operation=CHAT,
    decode_call=reading.decode_call,
    fit_body=reading.fit_body,
    target_path=_path,
    read_body=reading.read_body,
    read_event=reading.read_event,
    render_error=openai.render_error,
    render_error_event=reading.render_error_event,
    error_of=openai.error_of,
    estimate_prompt_tokens=reading.estimate_tokens_of,
    chat=ChatCodec(
        parse_request=parse_request,
        render_request=render_request,
        parse_reply=parse_reply,
        render_reply=render_reply,
        new_parser=Parser,
        new_renderer=Renderer,
    ),
)
