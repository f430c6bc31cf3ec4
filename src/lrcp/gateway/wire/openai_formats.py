"""OpenAI's formats, as records: chat completions and embeddings."""

from typing import Final

from lrcp.gateway.wire import openai
from lrcp.gateway.wire.format import CHAT, EMBEDDINGS, Format
from lrcp.gateway.wire.openai_chat.codec import CHAT_CODEC, EMBEDDING_CODEC
from lrcp.gateway.wire.openai_reading import read_body, read_event
from lrcp.gateway.wire.transcript import estimate_prompt_tokens


def _chat_path(model: str, streams: bool) -> str:
    return "/chat/completions"


def _embeddings_path(model: str, streams: bool) -> str:
    return "/embeddings"


OPENAI_CHAT: Final = Format(
    name="openai.chat",
    family=openai.FAMILY,
    operation=CHAT,
    decode_call=openai.decode_chat,
    fit_body=openai.fit_body,
    target_path=_chat_path,
    read_body=read_body,
    read_event=read_event,
    render_error=openai.render_error,
    render_error_event=openai.render_error_event,
    error_of=openai.error_of,
    estimate_prompt_tokens=estimate_prompt_tokens,
    chat=CHAT_CODEC,
)
OPENAI_EMBEDDINGS: Final = Format(
    name="openai.embeddings",
    family=openai.FAMILY,
    operation=EMBEDDINGS,
    decode_call=openai.decode_embeddings,
    fit_body=openai.fit_body,
    target_path=_embeddings_path,
    read_body=read_body,
    read_event=read_event,
    render_error=openai.render_error,
    render_error_event=openai.render_error_event,
    error_of=openai.error_of,
    estimate_prompt_tokens=estimate_prompt_tokens,
    embeddings=EMBEDDING_CODEC,
)
