"""Logs, spans, events and evaluations full of awkward values, the same in memory and in a store; and searches over them."""

import random
from typing import Any

import msgspec
from hypothesis import strategies as st

from lrcp.model.evaluation import Evaluation
from lrcp.model.event import Event
from lrcp.model.log import Log
from lrcp.model.span import Span
from lrcp.query.search.ast import (
    Field,
    FieldBetween,
    FieldCompares,
    FieldExists,
    FieldIs,
    FreeText,
    InNetwork,
    Pattern,
    Quantity,
    Search,
)
from lrcp.query.search.parser import any_of
from lrcp.store.telemetry import columns
from lrcp.store.telemetry.store import TelemetryStore
from tests.unit.query.search.trees import patterns, searches

START_S = 1_780_000_000
SPAN_S = 600
RECORDS = 220
"""Of each kind. Every record has an `n` of its own."""

TEXTS = ["a", "A", "b c", "x-1", "x_1", "", "é", "ÉCLAIR", "5", "5.0", "05", "1e3", "-7.25", "10.1.2.3", "2001:db8::5", "true", "null",
         "web-store", "webstore", "a*b", "a?b", "a\\b", 'q"q', "tab\tnl\nend", "[1]", "{x}", "%", "_", "user@mail.com", "zz\U0001f600"]  # fmt: skip
PROSE = ["Hello, World", "hello world", "HELLO\tbig world", "say hello-world again", "web_store web", "webs stores", "naïve Café au lait",
         "a.b.c", "tokens: 42", "error timeout", "connection error at\ntimeout", "", "  ", "x" * 300, "--", "http://a.b/c?d=e"]  # fmt: skip
NUMBERS = [0, 1, 5, -7.25, 200, 404, 1000, 2.5, 0.1, 12345678901, 1e-7, 3e22]
NAMES = [
    "k",
    "k.a",
    "deep",
    "deep.er",
    "deep.er.est",
    "list",
    "flag",
    "p.q",
    "absent",
    "env",
    "service",
    "source",
    "host",
    "status",
]
SPAN_NAMES = [*NAMES, "duration", "meta.k", "input_tokens", "metrics.total_tokens", "metrics.time_to_first_token", "parent_id",
              "evaluations.quality", "evaluations.custom.tone.value", "ml_app", "resource_name", "usr.id", "input"]  # fmt: skip
EVENT_NAMES = [*NAMES, "title", "text", "alert_type", "priority", "tags"]


def _tags(rng: random.Random) -> tuple[str, ...]:
    found = [f"{rng.choice(['k', 'k.a', 'p', 'p.q'])}:{rng.choice(TEXTS)}" for _ in range(rng.randrange(4))]
    return (*found, *rng.sample(["urgent", "p:", "q:r:s"], rng.randrange(3)))


def _attributes(rng: random.Random, n: int) -> str:
    values: list[Any] = [
        *TEXTS,
        *NUMBERS,
        True,
        False,
        None,
        {"x": 1},
        [1, "a", None, True],
        [],
        [[1], {"y": 2}],
        ["5", 5],
        "line\nbreak",
    ]
    found: dict[str, Any] = {"n": n, "t": str(n)}
    for name in ("k", "k.a", "list", "flag", "p.q", "deep.er.est"):
        if rng.random() < 0.5:
            found[name] = rng.choice(values)
    if rng.random() < 0.5:
        found["deep"] = {
            "er": rng.choice([{"est": rng.choice(values)}, rng.choice(values)]),
            "er.est": rng.choice(values),
        }
    if rng.random() < 0.3:
        found["error"] = {"kind": rng.choice(["KeyError", "", "Time out"]), "message": rng.choice(PROSE)}
    return msgspec.json.encode(found).decode()


def _time(rng: random.Random) -> int:
    return START_S * 10**9 + rng.randrange(SPAN_S * 10**9)


def make_logs() -> list[Log]:
    """The last four are one and the same."""
    rng = random.Random(1)
    logs = [
        Log(_time(rng), rng.choice(PROSE), rng.choice(["a", "b", ""]), rng.choice(["info", "error", "critical"]), "", "",
            rng.choice(["prod", ""]), rng.choice(["h1", "h2"]), "python", _tags(rng), _attributes(rng, n))
        for n in range(RECORDS)
    ]  # fmt: skip
    return [*logs, *logs[-1:] * 3]


def make_spans() -> list[Span]:
    rng = random.Random(2)
    return [
        Span(
            f"{n:032x}", f"{n:016x}", rng.choice(["", "00000000000000ff"]), _time(rng), rng.randrange(5_000_000_000), rng.choice(["qa", "openai.request"]),
            service=rng.choice(["a", "b", "web-store"]), resource=rng.choice(PROSE[:4]), kind=rng.choice(["llm", "server", "tool"]),
            status=rng.choice(["ok", "error"]), error_type=rng.choice(["", "KeyError"]), error_message=rng.choice(PROSE), env=rng.choice(["prod", ""]),
            ml_app=rng.choice(["bot", ""]), user_id=rng.choice(["", "u1"]), input_tokens=rng.choice([None, 5, 1000]), output_tokens=rng.choice([None, 7]),
            ttft_ns=rng.choice([None, 5_000_000_000, 2_500_000_000, 1]), input=rng.choice(PROSE), output=rng.choice(PROSE),
            tags={"n": str(n), **{name: rng.choice(TEXTS) for name in rng.sample(["k", "k.a", "p.q", "deep", "host"], 3)}},
        )
        for n in range(RECORDS)
    ]  # fmt: skip


def make_evaluations() -> list[Evaluation]:
    rng = random.Random(3)
    return [
        Evaluation(START_S * 10**9 + n, rng.choice(["quality", "tone"]), span_id=f"{rng.randrange(RECORDS):016x}",
                   **rng.choice([{"score": rng.choice([0.0, 0.5, 1.0])}, {"label": rng.choice(["good", "5", "b c"])}]))
        for n in range(RECORDS)
    ]  # fmt: skip


def make_events() -> list[Event]:
    rng = random.Random(4)
    return [
        Event(_time(rng), rng.choice(PROSE), rng.choice(PROSE), 2**62 + n, rng.choice(["info", "error"]), rng.choice(["normal", "low"]),
              rng.choice(["python", ""]), "", rng.choice(["h1", ""]), (*_tags(rng), f"n:{n}"))
        for n in range(RECORDS)
    ]  # fmt: skip


def corpus_records() -> dict[str, list[dict[str, Any]]]:
    """As MemoryEvents takes them."""
    spans = [msgspec.structs.asdict(span) for span in make_spans()]
    judged = {span["span_id"]: span.setdefault("evaluations", {}) for span in spans}
    for one in make_evaluations():
        judged[one.span_id][one.name] = one.label if one.score is None else one.score
    others = {"logs": make_logs(), "events": make_events()}
    return {"spans": spans} | {kind: [msgspec.structs.asdict(one) for one in given] for kind, given in others.items()}


def store_corpus(store: TelemetryStore) -> None:
    """Write it; on the writer thread."""
    none, logs = [0] * RECORDS, make_logs()
    store.insert("logs", columns.log_table(logs, [0] * len(logs)))
    store.insert("spans", columns.span_table(make_spans(), [False] * RECORDS, none))
    store.insert("events", columns.event_table(make_events(), none))
    store.insert("evaluations", columns.evaluation_table(make_evaluations(), none))


def _one_of(field: Field, values: list[str]) -> Search:
    """`key:(a OR b)`."""
    return any_of([FieldIs(field, Pattern((value,), quoted=True)) for value in values])


def corpus_searches(source: str) -> st.SearchStrategy[Search]:
    """Searches whose names and values the corpus has, or nearly."""
    names = {"logs": NAMES, "error-tracking": [*NAMES, "error.type", "issue.id"], "events": EVENT_NAMES}.get(
        source, SPAN_NAMES
    )
    fields = st.builds(Field, st.sampled_from(names), st.booleans())
    values = st.sampled_from(
        [*TEXTS, *map(str, NUMBERS), "we", "store", "b", "prod", "h1", "good", "error", "llm", "undefined"]
    ).filter(bool)
    words = st.sampled_from(
        [*PROSE, "hello", "World", "web", "café", "naïve", "store", "time", "line", "k", "er", "tokens", "O"]
    ).filter(bool)
    numbers = st.builds(
        Quantity, st.sampled_from([0, 1, 5, 404.5, -7.25, 2, 1e3, 2**33]), st.sampled_from(["", "", "s", "ms"])
    )
    ends = st.sampled_from(["a", "b", "x", "é", "5"])
    lists = st.builds(_one_of, fields, st.lists(values, min_size=2, max_size=6, unique=True))
    return searches(
        st.one_of(
            st.builds(FieldIs, fields, patterns(values)),
            lists,
            st.builds(FieldExists, fields),
            st.builds(FieldCompares, fields, st.sampled_from([">", ">=", "<", "<="]), numbers),
            st.builds(FieldBetween, fields, st.none() | numbers, st.none() | numbers),
            st.builds(FieldBetween, fields, ends, st.none() | ends),
            st.builds(
                InNetwork,
                fields,
                st.sampled_from([("10.0.0.0/8",), ("2001:db8::/32", "1.2.3.4/32"), ("::/0",), ("0.0.0.0/0",)]),
            ),
            st.builds(FreeText, patterns(words)),
            st.builds(FieldIs, st.just(Field("*")), patterns(words)),
        )
    )
