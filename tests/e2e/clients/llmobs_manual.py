"""LLM Observability by hand: a span of each kind, and evaluations of one of them."""

import json

from ddtrace.llmobs import LLMObs

with LLMObs.agent(name="assistant", session_id="session-1") as agent:
    LLMObs.annotate(span=agent, input_data="Where is my parcel?", output_data="On its way.", tags={"usr.id": "user-1"})
    with LLMObs.workflow(name="answer"):
        with LLMObs.retrieval(name="search") as search:
            LLMObs.annotate(
                span=search,
                input_data="parcel",
                output_data=[{"text": "Parcels take two days.", "name": "shipping", "id": "d1", "score": 0.9}],
            )
        with LLMObs.embedding(name="embed", model_name="embed-small", model_provider="openai") as embed:
            LLMObs.annotate(
                span=embed, input_data=[{"text": "parcel"}], output_data="[3 numbers]", metrics={"input_tokens": 7}
            )
        with LLMObs.tool(name="lookup") as tool:
            LLMObs.annotate(span=tool, input_data={"order": 7}, output_data={"state": "sent"})
        with LLMObs.task(name="format"):
            pass
        with LLMObs.llm(name="generate", model_name="gpt-5-mini", model_provider="openai") as llm:
            LLMObs.annotate(
                span=llm,
                input_data=[{"role": "user", "content": "Where is my parcel?"}],
                output_data=[{"role": "assistant", "content": "On its way."}],
                metadata={"temperature": 0.2},
                metrics={
                    "input_tokens": 100,
                    "output_tokens": 20,
                    "total_tokens": 120,
                    "cache_read_input_tokens": 60,
                    "reasoning_output_tokens": 5,
                },
            )
            generation = LLMObs.export_span(span=llm)
            ids = {"trace_id": f"{llm.trace_id:032x}", "span_id": f"{llm.span_id:016x}"}
        try:
            with LLMObs.tool(name="refund"):
                raise ValueError("order 7 was not paid")
        except ValueError:
            ids["failed"] = "refund"

ml_app = "shop-manual"
LLMObs.submit_evaluation(
    label="quality", metric_type="score", value=0.75, span=generation, ml_app=ml_app, reasoning="short"
)
LLMObs.submit_evaluation(label="tone", metric_type="categorical", value="polite", span=generation, ml_app=ml_app)
LLMObs.submit_evaluation(label="grounded", metric_type="boolean", value=True, span=generation, ml_app=ml_app)
LLMObs.flush()
print(json.dumps(ids))
