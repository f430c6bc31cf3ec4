"""Gemini's formats, as records, and which of them a path is in."""

from typing import Final

from lrcp.gateway.wire.format import CHAT, COUNT_TOKENS, EMBEDDINGS, ChatCodec, Format
from lrcp.gateway.wire.gemini import calls, embeddings, errors, paths, reading
from lrcp.gateway.wire.gemini.parse_request import parse_request
from lrcp.gateway.wire.gemini.render_request import render_request
from lrcp.gateway.wire.gemini.replies import parse_reply, render_reply
from lrcp.gateway.wire.gemini.streams import GeminiStreamParser, GeminiStreamRenderer

FAMILY: Final = "gemini"

GEMINI_GENERATE: Final = Format(
    name="gemini.generate",
    family=FAMILY,
    operation=CHAT,
    decode_call=calls.decode_generate,
    fit_body=calls.fit_body,
    target_path=paths.generate_path,
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
        new_parser=GeminiStreamParser,
        new_renderer=GeminiStreamRenderer,
    ),
)
GEMINI_COUNT_TOKENS: Final = Format(
    name="gemini.count_tokens",
    family=FAMILY,
    operation=COUNT_TOKENS,
    decode_call=calls.decode_count,
    fit_body=calls.fit_count,
    target_path=paths.count_path,
    read_body=reading.read_count,
    read_event=reading.read_event,
    render_error=errors.render_error,
    render_error_event=errors.render_error_event,
    error_of=errors.error_of,
    estimate_prompt_tokens=calls.estimate_prompt_tokens,
)
GEMINI_EMBED: Final = Format(
    name="gemini.embed",
    family=FAMILY,
    operation=EMBEDDINGS,
    decode_call=calls.decode_embed,
    fit_body=calls.fit_body,
    target_path=paths.embed_path,
    read_body=reading.read_embedded,
    read_event=reading.read_event,
    render_error=errors.render_error,
    render_error_event=errors.render_error_event,
    error_of=errors.error_of,
    estimate_prompt_tokens=calls.estimate_prompt_tokens,
    embeddings=embeddings.SINGLE,
)
GEMINI_BATCH_EMBED: Final = Format(
    name="gemini.batch_embed",
    family=FAMILY,
    operation=EMBEDDINGS,
    decode_call=calls.decode_batch_embed,
    fit_body=calls.fit_batch,
    target_path=paths.batch_embed_path,
    read_body=reading.read_embedded,
    read_event=reading.read_event,
    render_error=errors.render_error,
    render_error_event=errors.render_error_event,
    error_of=errors.error_of,
    estimate_prompt_tokens=calls.estimate_prompt_tokens,
    embeddings=embeddings.BATCH,
)
GEMINI_PREDICT: Final = Format(
    name="gemini.predict",
    family=FAMILY,
    operation=EMBEDDINGS,
    decode_call=calls.decode_predict,
    fit_body=calls.fit_predict,
    target_path=paths.predict_path,
    read_body=reading.read_embedded,
    read_event=reading.read_event,
    render_error=errors.render_error,
    render_error_event=errors.render_error_event,
    error_of=errors.error_of,
    estimate_prompt_tokens=calls.estimate_prompt_tokens,
    embeddings=embeddings.PREDICT,
)

GEMINI_FORMATS: Final = (GEMINI_GENERATE, GEMINI_COUNT_TOKENS, GEMINI_BATCH_EMBED, GEMINI_EMBED, GEMINI_PREDICT)
GEMINI_CALL_PATHS: Final = tuple(
    f"/v1beta/models/{{model}}:{verb}"
    for verb in (paths.GENERATE, paths.STREAM, paths.COUNT, paths.EMBED, paths.BATCH_EMBED)
)
_BY_VERB: Final = {
    paths.GENERATE: GEMINI_GENERATE,
    paths.STREAM: GEMINI_GENERATE,
    paths.COUNT: GEMINI_COUNT_TOKENS,
    paths.EMBED: GEMINI_EMBED,
    paths.BATCH_EMBED: GEMINI_BATCH_EMBED,
    paths.PREDICT: GEMINI_PREDICT,
}


def match_path(path: str) -> Format | None:
    """The format of the calls to a path; None when it is none of Gemini's or Vertex AI's."""
    call = paths.find_call(path)
    return _BY_VERB[call.verb] if call is not None else None
