"""The codecs of OpenAI's chat completions and embeddings, as records."""

from typing import Final

from lrcp.gateway.wire.format import ChatCodec, EmbeddingCodec
from lrcp.gateway.wire.openai_chat import embeddings
from lrcp.gateway.wire.openai_chat.replies import parse_reply, render_reply
from lrcp.gateway.wire.openai_chat.requests_in import parse_request
from lrcp.gateway.wire.openai_chat.requests_out import render_request
from lrcp.gateway.wire.openai_chat.streams import Parser, Renderer

CHAT_CODEC: Final = ChatCodec(
    parse_request=parse_request,
    render_request=render_request,
    parse_reply=parse_reply,
    render_reply=render_reply,
    new_parser=Parser,
    new_renderer=Renderer,
)
EMBEDDING_CODEC: Final = EmbeddingCodec(
    parse_request=embeddings.parse_request,
    render_request=embeddings.render_request,
    parse_reply=embeddings.parse_reply,
    render_reply=embeddings.render_reply,
)
