"""All wire formats, and which of them a path of the gateway is in. A new format is one module and one row here."""

from typing import Final

from lrcp.gateway.wire.anthropic.formats import ANTHROPIC_COUNT_TOKENS, ANTHROPIC_MESSAGES
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.gemini.formats import GEMINI_CALL_PATHS, GEMINI_FORMATS, match_path
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT, OPENAI_EMBEDDINGS
from lrcp.gateway.wire.responses.format import OPENAI_RESPONSES

FORMATS: Final[dict[str, Format]] = {
    format.name: format
    for format in (
        OPENAI_CHAT,
        OPENAI_RESPONSES,
        OPENAI_EMBEDDINGS,
        ANTHROPIC_MESSAGES,
        ANTHROPIC_COUNT_TOKENS,
        *GEMINI_FORMATS,
    )
}

_BY_PATH: Final[dict[str, Format]] = {
    "/v1/chat/completions": OPENAI_CHAT,
    "/v1/responses": OPENAI_RESPONSES,
    "/v1/embeddings": OPENAI_EMBEDDINGS,
    "/v1/messages": ANTHROPIC_MESSAGES,
    "/v1/messages/count_tokens": ANTHROPIC_COUNT_TOKENS,
}

CALL_PATHS: Final = (*_BY_PATH, *GEMINI_CALL_PATHS)


def find_format(path: str) -> Format | None:
    """The format of the calls to a path of the gateway; None when it takes no calls to models."""
    return _BY_PATH.get(path) or match_path(path)
