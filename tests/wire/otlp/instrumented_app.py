"""An application whose OpenAI calls are traced: instrumented_app.py MODULE RECEIVER_URL MODEL_URL.

A process of its own, as an instrumentation cannot be taken off the client again without a trace.
"""

import contextlib
import importlib
import sys

import openai
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

QUESTION = {"role": "user", "content": "When?"}
SYSTEM = {"role": "system", "content": "Be brief."}


def main(module: str, receiver_url: str, model_url: str) -> None:
    """A chat, a streamed chat, an embedding, a failure: one span each, in this order."""
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{receiver_url}/v1/traces")))
    importlib.import_module(module).OpenAIInstrumentor().instrument(tracer_provider=provider)
    client = openai.OpenAI(base_url=model_url, api_key="none", max_retries=0)
    client.chat.completions.create(model="gpt-x", messages=[SYSTEM, QUESTION])
    list(
        client.chat.completions.create(
            model="gpt-x", messages=[QUESTION], stream=True, stream_options={"include_usage": True}
        )
    )
    client.embeddings.create(model="emb", input=["a", "b"])
    with contextlib.suppress(openai.NotFoundError):
        client.chat.completions.create(model="missing", messages=[QUESTION])
    provider.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
