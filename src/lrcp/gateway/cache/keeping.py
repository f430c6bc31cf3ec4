"""What of an answer is kept, once it has come to its end."""

from dataclasses import dataclass

from lrcp.gateway.cache.replay import (
    group_events,
    is_whole,
    read_answer,
    read_events,
    split_events,
)
from lrcp.gateway.cache.store import Entry
from lrcp.gateway.exchange import Exchange, Outcome
from lrcp.gateway.wire.format import Format, decode_json
from lrcp.gateway.wire.transcript import Transcript


@dataclass(slots=True)
class Answer:
    """A reply with status 200, recorded to its last byte."""

    headers: list[tuple[bytes, bytes]]
    body: bytes
    streams: bool


def make_entry(exchange: Exchange, answer: Answer, outcome: Outcome, now_s: float, *, wants_text: bool) -> Entry | None:
    """The entry of an answer; None when it did not come to a good end.

    Args: outcome: what it took. wants_text: whether the entry holds what the answer says, for comparing.
    """
    read = _read_stream if answer.streams else _read_whole
    pieces, transcript = read(exchange.format, answer.body, wants_text)
    if transcript is None or not is_whole(transcript, streams=answer.streams):
        return None
    return Entry(
        headers=answer.headers,
        pieces=pieces,
        streams=answer.streams,
        stored_s=now_s,
        input_tokens=outcome.input_tokens,
        output_tokens=outcome.output_tokens,
        cost_nusd=outcome.cost_nusd,
        text=transcript.output_json() if wants_text else "",
    )


def read_text(format: Format, body: bytes, *, streams: bool) -> str:
    """What an answer says, as JSON of its messages; the beginning of a long one."""
    _, transcript = (_read_stream if streams else _read_whole)(format, body, True)
    return transcript.output_json() if transcript is not None else ""


def _read_stream(format: Format, body: bytes, wants_text: bool) -> tuple[tuple[bytes, ...], Transcript | None]:
    """With the event that tells the usage: the meter takes it out again for clients that did not ask for it."""
    events = split_events(body)
    return group_events(events), read_events(format, events, all_of_it=wants_text)


def _read_whole(format: Format, body: bytes, _wants_text: bool) -> tuple[tuple[bytes, ...], Transcript | None]:
    """A body that is no JSON was passed on, but nobody is given it twice."""
    if not isinstance(decode_json(body), dict | list):
        return (body,), None
    return (body,), read_answer(format, body)
