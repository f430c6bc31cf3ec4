"""Guards on streams: marked without delay, redacted as they pass, or held back until the guards have seen the whole."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from lrcp.gateway.exchange import Exchange, Stream
from lrcp.gateway.guards.bodies import note_usage
from lrcp.gateway.guards.held import MAX_HELD_BYTES, FindPlaces, HeldStream, OverheldError, Place
from lrcp.gateway.guards.hook import Hook
from lrcp.gateway.guards.port import GuardText, Span
from lrcp.gateway.guards.walk import Channel, ends_stream, event_texts
from lrcp.gateway.wire.format import decode_json
from lrcp.gateway.wire.sse import EventSplitter, event_data
from lrcp.gateway.wire.transcript import Transcript
from lrcp.model.errors import LrcpError

MAX_SEEN_CHARS: Final = 4 * 1024 * 1024
_ROLE: Final = "assistant"


async def check_stream(exchange: Exchange, stream: Stream, hooks: Sequence[Hook], max_event_bytes: int) -> Stream:
    """The stream that the client gets. Raises: RefusedError - one that was held back is not let through."""
    if any(hook.holds for hook in hooks):
        return await _hold(exchange, stream, hooks, max_event_bytes)
    return Stream(_pass(exchange, stream, hooks, EventSplitter(max_event_bytes)))


async def _pass(
    exchange: Exchange, stream: Stream, hooks: Sequence[Hook], splitter: EventSplitter
) -> AsyncGenerator[bytes, None]:
    """As it comes, less what is waiting to be decided."""
    marking = _Marking(exchange, [hook for hook in hooks if hook.action == "mark"])
    redacting = _Redacting(exchange, [hook for hook in hooks if hook.action == "redact"])
    try:
        try:
            async for chunk in stream:
                events = splitter.feed(chunk)
                await marking.look_at(events)
                if passed := redacting.pass_on(chunk, events):
                    yield passed
        except LrcpError:
            if passed := redacting.finish():
                yield passed
            raise
        rest = splitter.take_rest()
        await marking.finish([rest])
        if passed := redacting.pass_on(b"", [rest]) + redacting.finish():
            yield passed
    finally:
        await stream.aclose()


class _Marking:
    """Gathers what a stream says, within a bound, and has it judged at its end."""

    def __init__(self, exchange: Exchange, hooks: Sequence[Hook]) -> None:
        self._exchange = exchange
        self._hooks = hooks
        self._texts: dict[Channel, list[str]] = {}
        self._chars_left = MAX_SEEN_CHARS

    async def look_at(self, events: Sequence[bytes]) -> None:
        if not self._hooks:
            return
        for event in events:
            data = event_data(event)
            for found in event_texts(self._exchange.format.name, decode_json(data)) if data else ():
                self._texts.setdefault(found.channel, []).append(found.text[: self._chars_left])
                self._chars_left = max(0, self._chars_left - len(found.text))
        if ends_stream(self._exchange.format.name, events):
            await self._judge()  # now: a client may leave once it has had the last event

    async def finish(self, events: Sequence[bytes]) -> None:
        await self.look_at([event for event in events if event])
        if self._hooks and self._texts:
            await self._judge()

    async def _judge(self) -> None:
        texts = [GuardText(_ROLE, "".join(pieces)) for pieces in self._texts.values()]
        self._texts.clear()
        for hook in self._hooks:
            seen = hook.make_input(self._exchange, "reply", texts)
            hook.obey(self._exchange, "reply", await hook.asker.ask(seen))


class _Redacting:
    """The guards whose reach is bounded, together."""

    def __init__(self, exchange: Exchange, hooks: Sequence[Hook]) -> None:
        self._exchange = exchange
        self._hooks = hooks
        reach = max((hook.asker.guard.reach or 0 for hook in hooks), default=0)
        self._held = HeldStream(exchange.format.name, self._find, reach) if hooks else None

    def pass_on(self, chunk: bytes, events: Sequence[bytes]) -> bytes:
        """What may go on of all that came, with the end of it: events are those that this chunk completes."""
        if self._held is None:
            return chunk or b"".join(events)
        try:
            self._held.feed([event for event in events if event])
        except OverheldError:
            for hook in self._hooks:
                hook.pass_unchecked(self._exchange, "reply")
            return self._held.give_up()
        return self._held.take()

    def finish(self) -> bytes:
        if self._held is None:
            return b""
        self._held.end()
        return self._held.take()

    def _find(self, text: GuardText) -> list[Place]:
        spans: list[Span] = []
        for hook in self._hooks:
            verdict = hook.asker.ask_inline(hook.make_input(self._exchange, "reply", [text]))
            if hook.obey(self._exchange, "reply", verdict) and verdict is not None:
                spans += verdict.spans
        return _as_places(spans)


async def _hold(exchange: Exchange, stream: Stream, hooks: Sequence[Hook], max_event_bytes: int) -> Stream:
    """Everything comes at the end, or an error instead of it."""
    splitter = EventSplitter(max_event_bytes)
    events: list[bytes] = []
    size = 0
    whole = False
    try:
        async for chunk in stream:
            events += splitter.feed(chunk)
            size += len(chunk)
            if size > MAX_HELD_BYTES:
                break
        else:
            whole = True
        events += filter(None, [splitter.take_rest()])
        if whole:
            held = await _judge_whole(exchange, events, hooks)
            return Stream(_replay(held, None))
        for hook in hooks:
            hook.pass_unchecked(exchange, "reply")
        return Stream(_replay(b"".join(events), stream))
    except LrcpError:
        whole = True
        _note_usage_of(exchange, events)
        raise
    finally:
        if whole:
            await stream.aclose()


async def _judge_whole(exchange: Exchange, events: Sequence[bytes], hooks: Sequence[Hook]) -> bytes:
    """The events with the places redacted that the guards name. Raises: RefusedError."""
    texts: list[GuardText] = []

    def gather(text: GuardText) -> list[Place]:
        texts.append(text)
        return []

    _run(exchange, events, gather)
    spans: list[Span] = []
    for hook in hooks:
        verdict = await hook.asker.ask(hook.make_input(exchange, "reply", texts))
        if hook.obey(exchange, "reply", verdict) and verdict is not None:
            spans += verdict.spans
    if not spans:
        return b"".join(events)
    numbers = iter(range(len(texts)))

    def look_up(text: GuardText) -> list[Place]:
        number = next(numbers)
        return _as_places([span for span in spans if span.index == number])

    return _run(exchange, events, look_up)


def _run(exchange: Exchange, events: Sequence[bytes], find: FindPlaces) -> bytes:
    held = HeldStream(exchange.format.name, find, None, max_bytes=2 * MAX_HELD_BYTES)
    held.feed(events)
    held.end()
    return held.take()


async def _replay(held: bytes, rest: Stream | None) -> AsyncGenerator[bytes, None]:
    try:
        yield held
        if rest is not None:
            async for chunk in rest:
                yield chunk
    finally:
        if rest is not None:
            await rest.aclose()


def _note_usage_of(exchange: Exchange, events: Sequence[bytes]) -> None:
    transcript = Transcript(0)
    for event in events:
        exchange.format.read_event(transcript, event)
    note_usage(exchange, transcript)


def _as_places(spans: Sequence[Span]) -> list[Place]:
    """In order, those that overlap as one with the first one's replacement."""
    places: list[Place] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if places and span.start < places[-1][1]:
            start, end, what = places[-1]
            places[-1] = (start, max(end, span.end), what)
        else:
            places.append((span.start, span.end, span.replacement))
    return places
