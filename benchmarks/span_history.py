"""A history of generated spans, made by the engine itself; a fixed seed gives the same history but for its end."""

import asyncio
from pathlib import Path

from lrcp.ingest.rollup import TrafficRollup
from lrcp.kit.clock import SystemClock
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore

DAYS = 7
BIG_TRACE_SPANS = 30_000
BIG_TRACE_ID = "b16" + "0" * 29
RARE_WORD = "axolotl"
"""Stands in about one of 20,000 questions."""

_CHUNK = 500_000
_WORDS = [
    "order",
    "parcel",
    "refund",
    "delivery",
    "garden",
    "chair",
    "table",
    "lamp",
    "price",
    "discount",
    "invoice",
    "warranty",
    "colour",
    "size",
    "return",
    "shipping",
    "cat",
    "dog",
    "food",
    "vet",
    "allergy",
    "vaccine",
    "weight",
    "puppy",
    "kitten",
    "insurance",
    "stock",
    "week",
    "yesterday",
    "number",
    "please",
    "where",
    "when",
    "why",
    "how",
    "compare",
    "recommend",
    "cheapest",
    "best",
    "broken",
    "late",
    "missing",
    "wrong",
    "blue",
    "red",
    "green",
    "small",
    "large",
    "account",
    "password",
    "address",
    "card",
]
_INSERT = """
INSERT INTO spans (trace_id, span_id, parent_id, start_time, duration_ns, name, service, resource, kind, status, error_type, env,
    version, ml_app, session_id, provider, model, input_tokens, output_tokens, cost_nusd, cost_source, ttft_ns, input, output, tags,
    source, derive)
WITH
    {words:Array(String)} AS words, intDiv(number, 10) AS trace, number % 10 AS place, place = 9 AS generation,
    sipHash64(trace, 1) AS r, sipHash64(number, 2) AS s,
    fromUnixTimestamp64Nano({from_ns:Int64} + toInt64(trace * {step_ns:Float64}) + place * 3000000) AS begun,
    ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5', 'gemini-2.5-flash', 'smollm2-135m-instruct'] AS models,
    ['openai', 'openai', 'anthropic', 'google', 'local'] AS providers,
    arrayStringConcat(arrayMap(i -> words[1 + sipHash64(s, i) % length(words)], range(12 + s % 30)), ' ') AS text
SELECT
    lower(hex(MD5(toString(trace)))), leftPad(lower(hex(sipHash64(number))), 16, '0'),
    if(place = 0, '', leftPad(lower(hex(sipHash64(number - place))), 16, '0')),
    begun, toInt64(if(generation, 400000000 + (r % 1000) * (r % 1000) * 3000, 1000000000 - place * 50000000 + s % 40000000)),
    if(generation, 'chat', if(place = 0, 'POST /qa', concat('step ', toString(place)))), ['shop', 'support', 'pets'][1 + r % 3],
    if(generation, 'createChatCompletion', if(place = 0, 'POST /qa', '')),
    if(generation, 'llm', if(place = 0, 'server', 'internal')), if(s % 200 = 0, 'error', 'ok'), if(s % 200 = 0, 'TimeoutError', ''),
    'prod', '1.4.2', 'shop', concat('s', toString(r % 50000)), if(generation, providers[1 + r % 5], ''), if(generation, models[1 + r % 5], ''),
    if(generation, toInt64(200 + s % 1800), NULL), if(generation, toInt64(20 + r % 400), NULL),
    if(generation, toInt64((200 + s % 1800) * 150 + (20 + r % 400) * 600), NULL), if(generation, 'computed', ''),
    if(generation, toInt64(100000000 + s % 300000000), NULL),
    if(generation, concat(if(s % 20000 = 7, {rare:String}, 'hello'), ' ', text), ''),
    if(generation, concat('answer ', reverse(text)), ''),
    map('http.method', 'POST', 'http.status_code', '200', 'host', concat('h', toString(s % 20)), 'component', 'fastapi'),
    'ddtrace', true
FROM numbers({first:UInt64}, {count:UInt64})
"""
_BIG_TRACE = """
INSERT INTO spans (trace_id, span_id, parent_id, start_time, duration_ns, name, service, kind, status, env, tags, source, derive)
SELECT {trace:String}, leftPad(lower(hex(number + 1)), 16, '0'),
    if(number = 0, '', leftPad(lower(hex(intDiv(number - 1, 5) + 1)), 16, '0')), now64(9) - INTERVAL 1 HOUR + toIntervalMillisecond(number),
    30000000 + sipHash64(number) % 1000000000, concat('step ', toString(number % 40)), 'agent', 'internal', 'ok', 'prod',
    map('n', toString(number)), 'otlp', true
FROM numbers({count:UInt64})
"""


def build_history(directory: Path, spans: int, now_ns: int) -> None:
    """Fill the store of a data directory with `spans` spans (ten a trace, one of them a generation) over DAYS days."""

    async def build() -> None:
        store = TelemetryStore(embedded_engine(directory / "telemetry"))
        await store.open(retention_days=30)
        length_ns = DAYS * 86_400 * 10**9
        for first in range(0, spans, _CHUNK):
            parameters = {
                "words": _WORDS,
                "from_ns": now_ns - length_ns,
                "step_ns": length_ns / (spans / 10),
                "first": first,
                "count": min(_CHUNK, spans - first),
                "rare": RARE_WORD,
            }
            await store.on_writer(lambda p=parameters: store.command(_INSERT, p))
            print(f"\r  {min(first + _CHUNK, spans):,} of {spans:,} spans made", end="", flush=True)
        print()
        await store.on_writer(lambda: store.command(_BIG_TRACE, {"trace": BIG_TRACE_ID, "count": BIG_TRACE_SPANS}))
        await TrafficRollup(store, SystemClock()).run()
        await store.close()

    asyncio.run(build())
