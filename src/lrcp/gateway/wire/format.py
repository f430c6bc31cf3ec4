"""What a wire format is to the gateway: a record of functions. Each format module makes one; formats.py lists them."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from lrcp.gateway.wire.chat import ChatReply, ChatRequest, Delta
from lrcp.gateway.wire.transcript import Transcript

CHAT: Final = "chat"
EMBEDDINGS: Final = "embeddings"
COUNT_TOKENS: Final = "count_tokens"

UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises on bytes that are not what they should be, nested a thousand deep included."""


class ModelCall(msgspec.Struct):
    """A request to a model, as far as the gateway must understand it.

    operation: CHAT, EMBEDDINGS or COUNT_TOKENS. model: as the client named it. prompt: the JSON of what the model is
    given (messages, input, contents), as sent. asks_usage: a stream's reader expects the usage; where a format always
    sends it, True. max_tokens: the client's own bound on the answer.
    """

    operation: str
    model: str
    streams: bool
    prompt: bytes
    asks_usage: bool = True
    max_tokens: int | None = None


class StreamParser(Protocol):
    """Whole events of a provider's stream in, steps of the answer out."""

    def feed(self, event: bytes) -> Sequence[Delta]: ...


class StreamRenderer(Protocol):
    """Steps of an answer in, events of the client's format out; b'' where a step has no event of its own."""

    def feed(self, delta: Delta) -> bytes: ...
    def finish(self) -> bytes:
        """What ends the stream, such as `data: [DONE]`."""
        ...


class ChatCodec(msgspec.Struct, frozen=True):
    """A chat format to and from the records of wire/chat.py.

    parse_request(body, call) raises InputError for what the records cannot hold; render_request(request, model) raises
    InputError for what this format cannot say: both name the member. new_renderer(request) is for one stream.
    """

    parse_request: Callable[[bytes, ModelCall], ChatRequest]
    render_request: Callable[[ChatRequest, str], bytes]
    parse_reply: Callable[[bytes], ChatReply]
    render_reply: Callable[[ChatReply], bytes]
    new_parser: Callable[[], StreamParser]
    new_renderer: Callable[[ChatRequest], StreamRenderer]


class EmbeddingRequest(msgspec.Struct):
    """texts to embed, each one vector. dimensions: None for the model's own."""

    texts: list[str]
    dimensions: int | None = None
    user: str = ""


class EmbeddingReply(msgspec.Struct):
    """vectors[i] belongs to texts[i]."""

    model: str
    vectors: list[list[float]]
    input_tokens: int | None = None


class EmbeddingCodec(msgspec.Struct, frozen=True):
    """An embeddings format to and from records; errors as in ChatCodec. render_reply gets the client's own body too."""

    parse_request: Callable[[bytes, ModelCall], EmbeddingRequest]
    render_request: Callable[[EmbeddingRequest, str], bytes]
    parse_reply: Callable[[bytes], EmbeddingReply]
    render_reply: Callable[[EmbeddingReply, bytes], bytes]


class Format(msgspec.Struct, frozen=True):
    """One wire format of one operation.

    name: such as `openai.chat`. family: `openai`, `anthropic` or `gemini`, which decides a provider's address,
    key header and the form of errors.
    decode_call(path, body): path is the client's. Raises InputError.
    fit_body(body, call, model): the same request for this model name, asking for usage where a stream would not tell it; every
    value that need not change keeps its bytes. The meter takes the usage event out again for a client that did not ask.
    target_path(model, streams): below the provider's base URL of the family, with its query, if any.
    read_body(transcript, body) and read_event(transcript, event) gather what an answer said and used; read_event tells
    whether the event carries the usage and nothing else. They never raise: what is not understood passes unmeasured.
    render_error(status, message, kind, code): the body of an error. render_error_event: the same as a stream's last event.
    """

    name: str
    family: str
    operation: str
    decode_call: Callable[[str, bytes], ModelCall]
    fit_body: Callable[[bytes, ModelCall, str], bytes]
    target_path: Callable[[str, bool], str]
    read_body: Callable[[Transcript, bytes], None]
    read_event: Callable[[Transcript, bytes], bool]
    render_error: Callable[[int, str, str, str], bytes]
    render_error_event: Callable[[int, str, str, str], bytes]
    error_of: Callable[[bytes], tuple[str, str]]
    estimate_prompt_tokens: Callable[[bytes], int]
    chat: ChatCodec | None = None
    embeddings: EmbeddingCodec | None = None


def decode_json(data: bytes) -> Any:
    """The JSON value; None when it is none."""
    try:
        return _any.decode(data)
    except UNDECODABLE:
        return None


_any: Final = msgspec.json.Decoder()
