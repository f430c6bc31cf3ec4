"""A seeded shop's telemetry for tests of the API and the web app: varied traces, some failing, some unpriced."""

import json
import random
from collections.abc import Iterator
from typing import Final

from lrcp.model.evaluation import Evaluation
from lrcp.model.span import Span

MS: Final = 1_000_000
S: Final = 1_000_000_000

MODELS: Final = (
    # provider, model, dollars per million tokens in and out (None: unknown), seconds, share
    ("openai", "gpt-4o-mini", (0.15, 0.60), 1.1, 45),
    ("anthropic", "claude-sonnet-4-5", (3.0, 15.0), 2.4, 25),
    ("google", "gemini-2.5-flash", (0.30, 2.50), 0.8, 20),
    ("local", "smollm2-135m-instruct", None, 0.4, 10),
)
QUESTIONS: Final = (
    "Where is my order 48213? It was due on Tuesday.",
    "Can I return the trail shoes if I have worn them once outside?",
    "Which of these two rain jackets is better for a week in Scotland in October?",
    "My discount code SPRING20 is refused at checkout, why?",
    "Bitte nennen Sie mir die Lieferzeit nach Österreich.",
    "Does the espresso machine fit under a 38 cm cabinet?",
    "I was charged twice for the same headphones, please refund one of them.",
    "Is the protein powder vegan, and does it contain soy?",
    "What is the difference between the 2024 and the 2025 model of the e-bike?",
    "Change the delivery address of my order to 14 Elm Street, please.",
)
ANSWERS: Final = (
    "Your order left our warehouse on Monday and is now with the carrier. It should reach you tomorrow before 6 pm; you can follow it with the tracking link in your account.",
    "Yes. Shoes that were worn outside can be returned within 30 days as long as the sole shows no heavy wear. I have prepared a return label for you.",
    "For a week of steady rain I would take the **Alpine Shell**: it is fully seam-sealed and has pit zips. The City Coat is lighter but only water-repellent.",
    "The code SPRING20 expired on 31 March. I have added a new code, WELCOME10, to your basket; it takes 10 % off everything that is not already reduced.",
    "Die Lieferung nach Österreich dauert in der Regel 2 bis 4 Werktage und ist ab 50 € kostenlos.",
    "It is 36.5 cm high, so it fits; leave at least 1 cm above it for the heat. The water tank is filled from the back, so you would pull it forward to refill.",
)
ERRORS: Final = (
    ("RateLimitError", "429 Too Many Requests: rate limit reached for requests per minute (limit 500)"),
    ("APITimeoutError", "the request timed out after 30.0 s"),
    ("InternalServerError", "503 the model is overloaded, please try again later"),
)
_SYSTEM: Final = "You are the support agent of V-Commerce, an outdoor and home shop. Answer briefly, and only from the documents given."


def shop_spans(traces: int, *, end_ns: int, over_s: float, seed: int = 7) -> Iterator[Span]:
    """Spans of shop traces spread over the seconds before end_ns, oldest first, busier in waves."""
    rng = random.Random(seed)
    starts = sorted(end_ns - int(rng.random() ** 1.15 * over_s * S) for _ in range(traces))
    for start_ns in starts:
        yield from shop_trace(rng, start_ns)


def shop_trace(rng: random.Random, start_ns: int) -> list[Span]:
    """One request of the shop: a route, an agent with retrieval and tool, one or two generations."""
    trace_id, ids = f"{rng.getrandbits(128):032x}", [f"{rng.getrandbits(64) or 1:016x}" for _ in range(9)]
    provider, model, price, seconds, _ = rng.choices(MODELS, [one[4] for one in MODELS])[0]
    question, answer = rng.choice(QUESTIONS), rng.choice(ANSWERS)
    failing = rng.random() < 0.06
    think_ns = int(seconds * S * rng.lognormvariate(0, 0.45))
    session, user = f"s-{rng.randrange(400):04d}", f"u-{rng.randrange(900):04d}"
    env = "prod" if rng.random() < 0.85 else "staging"
    common = {"env": env, "ml_app": "shop-support", "session_id": session, "user_id": user, "version": "1.8.2"}

    def span(
        number: int, parent: int | None, offset_ns: int, duration_ns: int, name: str, kind: str, **more: object
    ) -> Span:
        parent_id = "" if parent is None else ids[parent]
        given = {"source": "ddtrace", "service": "support-api", "resource": name} | common | more
        return Span(trace_id, ids[number], parent_id, start_ns + offset_ns, duration_ns, name, kind=kind, **given)  # type: ignore[arg-type]

    search_ns, tool_ns = int(rng.uniform(12, 60) * MS), int(rng.uniform(30, 180) * MS)
    plan_ns = think_ns // 3
    at_tool = 8 * MS + search_ns
    at_answer = at_tool + plan_ns + tool_ns + 4 * MS
    total_ns = at_answer + think_ns + 5 * MS
    wrong = rng.choice(ERRORS) if failing else ("", "")
    status = "error" if failing else "ok"
    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": question}]
    call = {"name": "find_order", "arguments": {"customer": user}, "tool_id": "call_1", "type": "function"}
    asked = [
        *messages,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": '{"order": 48213, "state": "shipped", "eta": "2026-11-21"}'},
    ]
    said = "" if failing else json.dumps([{"role": "assistant", "content": answer}], ensure_ascii=False)

    def generation(
        number: int,
        parent: int,
        offset_ns: int,
        duration_ns: int,
        asked: list[dict[str, object]],
        said: str,
        **more: object,
    ) -> Span:
        into, out = (
            60 + len(json.dumps(asked)) // 4 + rng.randrange(900),
            0 if not said else len(said) // 4 + rng.randrange(120),
        )
        cost = None if price is None else round((into * price[0] + out * price[1]) * 1_000)
        return span(
            number, parent, offset_ns, duration_ns, f"{provider}.chat", "llm", source="llmobs", provider=provider, model=model,
            response_model=model, input_tokens=into, output_tokens=out, cached_input_tokens=into // 3 if rng.random() < 0.3 else None,
            cost_nusd=cost, cost_source="unknown" if cost is None else "computed", ttft_ns=duration_ns // 4 if said else None,
            finish_reason="stop" if said else "", input=json.dumps(asked, ensure_ascii=False), output=said, resource="chat/completions",
            tags={"temperature": "0.2", "prompt.name": "support-answer", "team": "care"}, prompt_version="v12", **more,
        )  # fmt: skip

    return [
        span(0, None, 0, total_ns, "POST /support/ask", "server", service="storefront", status=status, resource="POST /support/ask", tags={"http.method": "POST", "http.status_code": "500" if failing else "200", "customer.tier": rng.choice(["free", "plus", "pro"])}),
        span(1, 0, 2 * MS, total_ns - 4 * MS, "answer-question", "workflow", input=question, output="" if failing else answer, status=status),
        span(2, 1, 4 * MS, search_ns, "search-help-centre", "retrieval", input=question, output=json.dumps([{"text": "Returns are free within 30 days of delivery.", "name": "returns.md", "score": 0.91}])),
        span(3, 2, 5 * MS, search_ns // 2, "embed-query", "embedding", provider="openai", model="text-embedding-3-small", input_tokens=14 + len(question) // 4, cost_nusd=20 * (14 + len(question) // 4), cost_source="computed", input=question),
        span(4, 1, 6 * MS + search_ns, total_ns - search_ns - 12 * MS, "support-agent", "agent", status=status, input=question, output="" if failing else answer),
        generation(5, 4, at_tool, plan_ns, messages, json.dumps([{"role": "assistant", "content": "", "tool_calls": [call]}])),
        span(6, 4, at_tool + plan_ns, tool_ns, "find_order", "tool", service="order-service", input=json.dumps({"customer": user}), output='{"order": 48213, "state": "shipped", "eta": "2026-11-21"}'),
        span(7, 6, at_tool + plan_ns + 4 * MS, tool_ns - 8 * MS, "SELECT orders", "client", service="orders-db", resource="SELECT * FROM orders WHERE customer_id = ?", tags={"db.system": "postgresql"}),
        generation(8, 4, at_answer, think_ns, asked, said, status=status, error_type=wrong[0], error_message=wrong[1]),
    ]  # fmt: skip


def large_trace(spans: int, *, start_ns: int, trace_id: str = "f" * 32, seed: int = 3) -> list[Span]:
    """One trace of a batch job: a tree that is wide and, in places, deep."""
    rng = random.Random(seed)
    made = [Span(trace_id, f"{1:016x}", "", start_ns, 600 * S, "nightly-classification", service="batch", resource="nightly", kind="workflow", source="otlp")]  # fmt: skip
    kinds = ("task", "llm", "tool", "retrieval", "client", "internal")
    for number in range(2, spans + 1):
        parent = rng.choice(made[-40:]) if rng.random() < 0.5 else made[rng.randrange(min(len(made), 200))]
        offset = rng.randrange(max(1, parent.duration_ns // 2))
        kind = rng.choice(kinds)
        made.append(
            Span(
                trace_id,
                f"{number:016x}",
                parent.span_id,
                parent.start_ns + offset,
                max(1_000, (parent.duration_ns - offset) // rng.randrange(2, 9)),
                f"{kind}-{number % 50}",
                service=f"batch-{number % 5}",
                resource=f"step {number % 90}",
                kind=kind,
                source="otlp",
                status="error" if rng.random() < 0.01 else "ok",
                model="gpt-4o-mini" if kind == "llm" else "",
                input_tokens=200 if kind == "llm" else None,
                output_tokens=40 if kind == "llm" else None,
                cost_nusd=54_000 if kind == "llm" else None,
                cost_source="computed" if kind == "llm" else "",
                input=f"classify item {number}",
                output="ok",
            )
        )
    return made


def shop_evaluations(spans: list[Span], seed: int = 5) -> Iterator[Evaluation]:
    """Evaluations of the answers."""
    rng = random.Random(seed)
    for span in spans:
        if span.kind == "llm" and span.output and "content" in span.output and rng.random() < 0.6:
            score = round(min(1.0, rng.betavariate(8, 2)), 3)
            yield Evaluation(span.start_ns + span.duration_ns, "quality", span.trace_id, span.span_id, score, "good" if score > 0.6 else "poor", "heuristic", "1", "answers the question and names the order", {"ml_app": "shop-support"})  # fmt: skip
            yield Evaluation(
                span.start_ns + span.duration_ns,
                "grounded",
                span.trace_id,
                span.span_id,
                None,
                rng.choice(["yes", "yes", "no"]),
                "nli",
                "2",
            )
