"""The beginning of an answer, before it is handed on."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.resilience.beginning import await_first_token, require_json
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def error_event(**error: Any) -> bytes:
    return b"data: " + json.dumps({"error": error}).encode() + b"\n\n"


ROLE, WORD, MORE, END = event({"role": "assistant", "content": ""}), event({"content": "Hi"}), event({"content": "!"}), b"data: [DONE]\n\n"  # fmt: skip


class Provider:
    """A stream of these pieces that tells how many were taken, and whether it was closed."""

    def __init__(self, *pieces: bytes, hangs: bool = False) -> None:
        self.taken = 0
        self.closed = False
        self._pieces = pieces
        self._hangs = hangs

    def stream(self) -> Stream:
        return Stream(self._give(), self._close)

    def _close(self) -> None:
        self.closed = True

    async def _give(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            self.taken += 1
            yield piece
        if self._hangs:
            await asyncio.Event().wait()


def begin(provider: Provider, *, first_token_s: float = 30.0, max_event_bytes: int = 10_000) -> tuple[int, list[bytes]]:
    """The status, and then all pieces of the stream."""

    async def run() -> tuple[int, list[bytes]]:
        stream = provider.stream()
        status = await await_first_token(
            stream, OPENAI_CHAT, first_token_s=first_token_s, spent_s=0.0, max_event_bytes=max_event_bytes
        )
        taken = provider.taken
        pieces = [piece async for piece in stream]
        provider.taken = taken
        return status, pieces

    return asyncio.run(run())


def test_a_stream_has_begun_with_its_first_word_and_every_piece_comes_in_order() -> None:
    provider = Provider(b": hello\n\n", ROLE, WORD, MORE, END)
    assert begin(provider) == (200, [b": hello\n\n", ROLE, WORD, MORE, END])
    assert provider.taken == 3  # not a piece more than needed is waited for


def test_pieces_may_be_cut_anywhere() -> None:
    whole = ROLE + WORD + END
    provider = Provider(*(whole[place : place + 7] for place in range(0, len(whole), 7)))
    status, pieces = begin(provider)
    assert (status, b"".join(pieces)) == (200, whole)


@pytest.mark.parametrize("thought", [{"reasoning_content": "Hm"}, {"tool_calls": [{"function": {"arguments": "{"}}]}])
def test_a_thought_or_a_call_of_a_tool_is_a_token_too(thought: dict[str, Any]) -> None:
    provider = Provider(event(thought), WORD)
    begin(provider)
    assert provider.taken == 1


def test_an_answer_without_words_is_an_answer() -> None:
    assert begin(Provider(ROLE, event({}, "stop"), END))[0] == 200
    assert begin(Provider(END.strip()))[0] == 200  # the blank line at the end is missing


@pytest.mark.parametrize("pieces", [(), (ROLE,), (b": ping\n\n", b"data: {")])
def test_a_stream_that_ends_before_its_first_word_is_an_error(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(UpstreamError) as caught:
        begin(Provider(*pieces))
    assert (caught.value.code, caught.value.status) == ("upstream_cut", 502)


def test_a_stream_that_only_pings_is_given_up_in_time() -> None:
    with pytest.raises(UpstreamError) as caught:
        begin(Provider(b": ping\n\n", ROLE, hangs=True), first_token_s=0.05)
    assert (caught.value.code, caught.value.status) == ("upstream_timeout", 504)
    assert "no token of its answer within 0.05 s" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"type": "overloaded_error", "message": "no"}, 529),
        ({"type": "server_error", "code": "rate_limit_exceeded"}, 429),
        ({"code": 503, "status": "UNAVAILABLE"}, 503),
        ({"type": "invalid_request_error"}, 400),
        ({"code": 200, "type": None}, 500),
        ({"message": "?"}, 500),
    ],
)
def test_an_error_in_place_of_the_first_word_has_the_status_it_stands_for(error: dict[str, Any], status: int) -> None:
    assert begin(Provider(ROLE, error_event(**error))) == (status, [ROLE, error_event(**error)])


def test_an_error_after_the_first_word_is_the_clients_to_see() -> None:
    assert begin(Provider(WORD, error_event(type="overloaded_error")))[0] == 200


def test_what_is_held_is_bounded() -> None:
    with pytest.raises(UpstreamError) as caught:
        begin(Provider(b"x" * 600, b"x" * 600), max_event_bytes=1000)
    assert caught.value.code == "event_too_large"
    provider = Provider(*[b": ping\n\n"] * 1000)
    assert begin(provider)[0] == 200
    assert provider.taken == 256
    provider = Provider(*[b": " + b"x" * 97 + b"\n\n"] * 1000)
    assert begin(provider, max_event_bytes=1000)[0] == 200
    assert provider.taken == 10


def test_an_answer_of_a_kind_that_is_not_understood_is_not_held_back_for_long() -> None:
    provider = Provider(*[event({"audio": {"data": "AAAA"}})] * 100)
    assert begin(provider)[0] == 200
    assert provider.taken == 16


def body(content: bytes, kind: bytes = b"application/json") -> Reply:
    return Reply(200, [(b"content-type", kind)], content)


def test_a_whole_answer_is_json_whatever_it_calls_itself() -> None:
    require_json(body(b'{"a": [1, 2.5, "x", null]}'), "p")
    require_json(body(b'{"a": 1}', b"text/plain"), "p")


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"a": 1', b'{"a": 1} {', b"\x00\xff", b"[" * 100_000])
def test_what_is_not_json_is_said_with_its_type_and_size(content: bytes) -> None:
    with pytest.raises(UpstreamError) as caught:
        require_json(body(content, b"text/html; charset=utf-8"), "house")
    assert caught.value.code == "upstream_not_json"
    assert f"'house' answered with {len(content)} bytes (text/html; charset=utf-8)" in str(caught.value)
