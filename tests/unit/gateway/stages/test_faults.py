"""The stage of faults: which tries it meets, and what they see then."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.config import Limits, Timeouts
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Attempt, AttemptHandler, AttemptStage, Exchange, Reply, Stream, Target
from lrcp.gateway.faults.injection import hits
from lrcp.gateway.faults.streams import truncate
from lrcp.gateway.faults.table import INJECTORS
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.resilience.trying import begin_attempt
from lrcp.gateway.stages.faults import make_faults_stage
from lrcp.gateway.wire.openai_formats import OPENAI_EMBEDDINGS
from lrcp.kit.clock import FakeClock
from lrcp.model.errors import InputError
from lrcp.model.policy.faults import FAULT_KINDS, Fault, FaultsByHeader
from lrcp.model.policy.scope import Scope
from tests.support.exchanges import new_exchange

UPSTREAMS = make_upstreams("openai", {})
TARGET, OTHER = Target(UPSTREAMS["openai"], "gpt-4o-mini"), Target(UPSTREAMS["mistral"], "mistral-small")
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
CLOCK_S = 1_790_000_000.0


def make(*faults: Fault, by_header: FaultsByHeader | None = None, clock: FakeClock | None = None) -> AttemptStage:
    stage = find(*faults, by_header=by_header, clock=clock)
    assert stage is not None
    return stage


def find(
    *faults: Fault, by_header: FaultsByHeader | None = None, clock: FakeClock | None = None
) -> AttemptStage | None:
    return make_faults_stage(
        faults,
        by_header,
        lambda name: OTHER,
        clock or FakeClock(CLOCK_S),
        timeouts=Timeouts(),
        limits=Limits(),
    )


class Provider:
    """Answers what it was made for, and keeps the targets it was asked at."""

    def __init__(self, text: str = "Take the blue one.", status: int = 200) -> None:
        self.asked: list[str] = []
        self.closed = 0
        self._text = text
        self._status = status

    async def __call__(self, exchange: Exchange, attempt: Attempt) -> Reply:
        self.asked.append(attempt.target.name)
        if exchange.call.streams:
            return Reply(200, [], stream=Stream(self._pieces(attempt.target.model), self._close))
        message = {"role": "assistant", "content": self._text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "c1", "object": "chat.completion", "created": 1, "model": attempt.target.model}
        return Reply(self._status, [], json.dumps({**body, "choices": [choice], "usage": USAGE}).encode())

    def _close(self) -> None:
        self.closed += 1

    async def _pieces(self, model: str) -> Any:
        head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model}
        deltas = [{"role": "assistant", "content": ""}, *({"content": f"{word} "} for word in self._text.split())]
        for delta in deltas:
            yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        yield _event({**head, "choices": [], "usage": USAGE})
        yield b"data: [DONE]\n\n"


def _event(data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def ask(stage: AttemptStage, exchange: Exchange, provider: AttemptHandler, target: Target = TARGET) -> Reply:
    """One try, its stream taken to its end and put into the body."""

    async def run() -> Reply:
        attempt = begin_attempt(exchange, target, FakeClock(CLOCK_S), Timeouts(first_byte_s=0.05, idle_s=0.05))
        reply = await stage(exchange, attempt, provider)
        if reply.stream is not None:
            try:
                reply.body = b"".join([piece async for piece in reply.stream])
            finally:
                await reply.stream.aclose()
        return reply

    return asyncio.run(run())


def text_of(reply: Reply) -> str:
    if reply.stream is None:
        return str(json.loads(reply.body)["choices"][0]["message"]["content"])
    return "".join(c["delta"].get("content") or "" for frame in frames(reply) for c in frame["choices"])


def frames(reply: Reply) -> list[Any]:
    events = reply.body.decode().split("\n\n")
    return [json.loads(event[6:]) for event in events if event.startswith("data: {")]


def fault(kind: Any, **members: Any) -> Fault:
    return Fault(name="drill", kind=kind, **members)


STREAMED = pytest.mark.parametrize("stream", [False, True])


def test_every_kind_of_the_policy_has_an_injector() -> None:
    assert INJECTORS.keys() == set(FAULT_KINDS)


def test_without_faults_and_without_kinds_by_header_there_is_no_stage() -> None:
    assert find() is None
    assert find(by_header=FaultsByHeader()) is None


def test_a_fault_that_has_ended_is_no_stage() -> None:
    assert find(fault("error", until=CLOCK_S - 1)) is None


def test_a_fault_without_an_end_gets_one_when_its_policy_comes_into_force() -> None:
    clock, provider = FakeClock(CLOCK_S), Provider()
    stage = make(fault("error", for_s=60), clock=clock)
    assert ask(stage, new_exchange(), provider).status == 500
    clock.advance(60)
    assert ask(stage, new_exchange(), provider).status == 200


def test_a_fault_meets_only_its_scope_its_targets_and_its_tries() -> None:
    stage = make(fault("error", match=Scope(services=("shop",)), targets=("openai/*",), attempts=1))
    shop = {"x-lrcp-tags": "service:shop"}
    again = new_exchange(headers=shop)
    assert ask(stage, again, Provider()).status == 500
    assert ask(stage, again, Provider()).status == 200
    assert ask(stage, new_exchange(headers=shop), Provider(), OTHER).status == 200
    assert ask(stage, new_exchange(), Provider()).status == 200


def test_a_try_carries_the_names_of_the_faults_that_met_it() -> None:
    exchange = new_exchange()
    ask(make(fault("error")), exchange, Provider())
    assert exchange.attempts[0].faults == ["drill"]


@given(st.integers(), st.floats(0.05, 0.95), st.text(max_size=8))
def test_chance_is_the_same_for_the_same_request_and_another_for_later_tries(
    seed: int, share: float, name: str
) -> None:
    exchange = new_exchange()
    some = Fault(name=name, kind="error", seed=seed, probability=share)
    tries = [begin_attempt(exchange, TARGET, FakeClock(CLOCK_S), Timeouts()) for _ in range(200)]
    met = [hits(some, exchange, attempt) for attempt in tries]
    assert met == [hits(some, exchange, attempt) for attempt in tries]
    assert abs(sum(met) / len(met) - share) < 0.25


def test_an_error_is_in_the_clients_format_and_names_the_fault() -> None:
    provider = Provider()
    reply = ask(make(fault("error", status=503)), new_exchange(), provider)
    assert (reply.status, provider.asked) == (503, [])
    assert "drill" in json.loads(reply.body)["error"]["message"]


def test_a_rate_limit_says_how_long_to_wait() -> None:
    reply = ask(make(fault("rate_limit", retry_after_s=7)), new_exchange(), Provider())
    assert reply.status == 429
    assert (b"retry-after", b"7") in reply.headers


@pytest.mark.parametrize("one", [fault("timeout"), fault("latency", latency_ms=60_000)])
def test_what_takes_too_long_fails_as_a_provider_that_does(one: Fault) -> None:
    provider = Provider()
    with pytest.raises(UpstreamError, match="sent nothing within") as raised:
        ask(make(one), new_exchange(), provider)
    assert (raised.value.code, raised.value.status, provider.asked) == ("upstream_timeout", 504, [])


def test_injected_time_counts_as_the_providers() -> None:
    exchange = new_exchange()
    assert ask(make(fault("latency", latency_ms=10)), exchange, Provider()).status == 200
    attempt = exchange.attempts[0]
    assert attempt.upstream_ns >= 10_000_000
    assert attempt.timeouts is not None
    assert attempt.timeouts.first_byte_s == pytest.approx(0.04)


def test_a_stream_whose_tokens_are_slower_than_its_provider_may_be_silent_times_out() -> None:
    provider = Provider()
    with pytest.raises(UpstreamError) as raised:
        ask(make(fault("slow_tokens", latency_ms=60)), new_exchange(stream=True), provider)
    assert (raised.value.code, provider.closed) == ("upstream_timeout", 1)


@STREAMED
def test_slow_tokens_change_no_word(stream: bool) -> None:
    reply = ask(make(fault("slow_tokens", latency_ms=1)), new_exchange(stream=stream), Provider())
    assert text_of(reply).strip() == "Take the blue one."


def test_a_stream_is_cut_after_so_many_pieces_and_its_source_closed() -> None:
    provider, exchange = Provider(), new_exchange(stream=True)
    stage = make(fault("cut_stream", after_tokens=2))
    got: list[bytes] = []

    async def run() -> None:
        reply = await stage(exchange, begin_attempt(exchange, TARGET, FakeClock(), Timeouts()), provider)
        assert reply.stream is not None
        try:
            async for piece in reply.stream:
                got.append(piece)
        finally:
            await reply.stream.aclose()

    with pytest.raises(UpstreamError, match="broke off") as raised:
        asyncio.run(run())
    assert (raised.value.code, provider.closed) == ("upstream_cut", 1)
    assert [b'"Take "' in got[-2], b'"the "' in got[-1], len(got)] == [True, True, 3]


def test_a_cut_never_lets_the_end_of_a_short_answer_through() -> None:
    with pytest.raises(UpstreamError):
        ask(make(fault("cut_stream", after_tokens=100)), new_exchange(stream=True), Provider())
    with pytest.raises(UpstreamError):
        ask(make(fault("cut_stream")), new_exchange(), Provider())


def test_truncated_json_is_no_json() -> None:
    reply = ask(make(fault("truncated_json")), new_exchange(), Provider())
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.body)
    streamed = ask(make(fault("truncated_json", after_tokens=1)), new_exchange(stream=True), Provider())
    assert not streamed.body.endswith(b"\n\n")
    assert text_of(Reply(200, [], streamed.body.rpartition(b"data: ")[0], streamed.stream)) == "Take "


@given(st.binary(max_size=300), st.text(max_size=10))
def test_what_is_truncated_is_a_beginning_and_never_all(body: bytes, key: str) -> None:
    cut = truncate(body, key)
    assert body.startswith(cut)
    assert len(cut) < len(body) or not body


@STREAMED
@pytest.mark.parametrize(
    ("kind", "expected"),
    [("empty", ""), ("off_topic", "Ask the cook."), ("hallucinated_product", "Ask, the, cook., which we have")],
)
def test_words_are_replaced_and_what_was_counted_stays(kind: str, expected: str, stream: bool) -> None:
    reply = ask(make(fault(kind, text="Ask the cook.")), new_exchange(stream=stream), Provider())
    assert expected in text_of(reply)
    assert (text_of(reply) == "") == (kind == "empty")
    usage = frames(reply)[-1]["usage"] if stream else json.loads(reply.body)["usage"]
    assert usage["completion_tokens"] == 3


@STREAMED
def test_tokens_are_inflated_in_all_their_parts(stream: bool) -> None:
    reply = ask(make(fault("inflated_tokens", factor=3)), new_exchange(stream=stream), Provider())
    usage = frames(reply)[-1]["usage"] if stream else json.loads(reply.body)["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (21, 9, 30)
    assert text_of(reply).strip() == "Take the blue one."


def test_a_swap_to_no_model_of_its_own_is_refused() -> None:
    with pytest.raises(InputError, match="must name one"):
        find(fault("model_swap", to="mistral/*"))


@STREAMED
def test_another_model_answers_under_the_asked_ones_name(stream: bool) -> None:
    provider, exchange = Provider(), new_exchange(stream=stream)
    reply = ask(make(fault("model_swap", to="mistral/mistral-small")), exchange, provider)
    said = frames(reply) if stream else [json.loads(reply.body)]
    assert provider.asked == ["mistral/mistral-small"]
    assert {frame["model"] for frame in said} == {"gpt-4o-mini"}
    assert exchange.attempts[0].notes == {"swapped_to": "mistral/mistral-small"}
    assert exchange.target == TARGET


def test_an_error_of_the_provider_keeps_its_words() -> None:
    reply = ask(make(fault("garbled"), fault("inflated_tokens")), new_exchange(), Provider(status=404))
    assert text_of(reply) == "Take the blue one."


def test_faults_of_words_leave_embeddings_alone() -> None:
    exchange = new_exchange(format=OPENAI_EMBEDDINGS, path="/v1/embeddings", input="hello")
    ask(make(fault("empty"), fault("latency", latency_ms=1)), exchange, Provider())
    assert len(exchange.attempts[0].faults) == 1


def test_several_faults_act_together_time_first() -> None:
    exchange = new_exchange()
    reply = ask(make(fault("error"), fault("latency", latency_ms=5)), exchange, Provider())
    assert reply.status == 500
    assert exchange.attempts[0].upstream_ns >= 5_000_000


def test_a_header_is_heard_only_from_where_the_policy_says() -> None:
    stage = make(by_header=FaultsByHeader(kinds=("error",), match=Scope(services=("shop",))))
    asks = {"x-lrcp-fault": "error;status=418"}
    stranger = new_exchange(headers=asks)
    assert ask(stage, stranger, Provider()).status == 200
    assert stranger.attempts[0].notes == {"fault_ignored": "not_allowed"}
    friend = new_exchange(headers={**asks, "x-lrcp-tags": "service:shop"})
    assert ask(stage, friend, Provider()).status == 418
    assert friend.attempts[0].faults == ["header:error"]


def test_a_header_beside_faults_of_the_policy_alone_is_ignored_with_a_note() -> None:
    exchange = new_exchange(headers={"x-lrcp-fault": "error"})
    assert ask(make(fault("latency", latency_ms=1)), exchange, Provider()).status == 200
    assert exchange.attempts[0].notes == {"fault_ignored": "not_allowed"}
