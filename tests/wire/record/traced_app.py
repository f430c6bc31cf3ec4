"""What a traced application does, for recording: run under `ddtrace-run`, with PROVIDERS holding the providers' address.

Its only argument is one of the words of SCENES.
"""

import os
import sys
from collections.abc import Callable

from ddtrace import tracer
from ddtrace.llmobs import LLMObs
from ddtrace.llmobs.decorators import agent, tool, workflow

PROVIDERS = os.environ.get("PROVIDERS", "")


def plain() -> None:
    """Ordinary spans: a web request with a query below it, and one that fails."""
    with tracer.trace("fastapi.request", service="shop", resource="GET /items/{id}", span_type="web") as root:
        root.set_tags({"span.kind": "server", "http.method": "GET", "usr.id": "u-7"})
        root.set_metric("http.rows", 3)
        root.set_tag("http.status_code", "200")
        with tracer.trace("postgres.query", service="shop-db", resource="SELECT 1", span_type="sql") as child:
            child.set_tag("span.kind", "client")
        try:
            with tracer.trace("cart.add", resource="cart.add"):
                raise ValueError("no such item")
        except ValueError:
            root.set_tag("seen", "yes")


def openai() -> None:
    """Chat (plain, streamed, failing) and an embedding, inside a workflow with a prompt, a session and a user."""
    from openai import NotFoundError, OpenAI

    client = OpenAI(base_url=f"{PROVIDERS}/v1", api_key="none", max_retries=0)
    ask = [{"role": "system", "content": "You help shoppers."}, {"role": "user", "content": "Can I return shoes?"}]
    with LLMObs.workflow("answer_question", session_id="s-42") as flow:
        LLMObs.annotate(
            flow, input_data="Can I return shoes?", output_data="yes", tags={"tier": "gold", "usr.id": "u-7"}
        )
        with LLMObs.annotation_context(
            prompt={"id": "returns", "version": "v3", "template": "{q}", "variables": {"q": "x"}}
        ):
            client.chat.completions.create(model="gpt-4o-mini", messages=ask, temperature=0.2, user="u-7")
        for _ in client.chat.completions.create(
            model="gpt-4o-mini", messages=ask, stream=True, stream_options={"include_usage": True}
        ):
            pass
        client.embeddings.create(model="text-embedding-3-small", input="shoes")
        try:
            client.chat.completions.create(model="missing", messages=ask)
        except NotFoundError as error:
            print(type(error).__name__)


def anthropic() -> None:
    from anthropic import Anthropic

    client = Anthropic(base_url=PROVIDERS, api_key="none", max_retries=0)
    client.messages.create(
        model="claude-sonnet-4-5", max_tokens=50, messages=[{"role": "user", "content": "Which colour?"}]
    )


def gemini() -> None:
    from google import genai

    client = genai.Client(api_key="none", http_options={"base_url": PROVIDERS})
    client.models.generate_content(model="gemini-2.5-flash", contents="When does it ship?")


def manual() -> None:
    """Every kind made by hand, with documents, metadata and metrics; then an evaluation of each form."""

    @tool
    def look_up(query: str) -> str:
        return "3 found"

    @agent
    def shop_agent(query: str) -> str:
        with LLMObs.retrieval("search") as span:
            LLMObs.annotate(
                span, input_data=query, output_data=[{"text": "shoe", "name": "s", "id": "1", "score": 0.9}]
            )
        with LLMObs.task("clean") as span:
            LLMObs.annotate(span, input_data="a", output_data="b")
        with LLMObs.llm("own-model", "generate", "acme") as span:
            LLMObs.annotate(
                span,
                input_data=[{"role": "user", "content": query}],
                output_data=[{"role": "assistant", "content": "ok"}],
                metadata={"temperature": 0.5, "finish_reason": "stop", "nested": {"a": 1}},
                metrics={
                    "input_tokens": 10,
                    "output_tokens": 4,
                    "total_tokens": 14,
                    "time_to_first_token": 0.25,
                    "total_cost": 0.00125,
                },
            )
            return look_up(query)

    @workflow
    def whole() -> dict[str, str]:
        shop_agent("shoes?")
        exported = LLMObs.export_span()
        assert exported is not None
        return exported

    span = whole()
    LLMObs.submit_evaluation(
        span=span,
        label="quality",
        metric_type="score",
        value=0.7,
        assessment="pass",
        reasoning="close to the text",
        tags={"judge": "j1"},
    )
    LLMObs.submit_evaluation(span=span, label="topic", metric_type="categorical", value="returns")
    LLMObs.submit_evaluation(
        span_with_tag_value={"tag_key": "order", "tag_value": "o-1"}, label="kept", metric_type="boolean", value=True
    )


SCENES: dict[str, Callable[[], None]] = {
    "plain": plain,
    "openai": openai,
    "anthropic": anthropic,
    "gemini": gemini,
    "manual": manual,
}

if __name__ == "__main__":
    SCENES[sys.argv[1]]()
    LLMObs.flush()
    tracer.flush()
