"""The official openai client under an OpenTelemetry instrumentation: OpenInference's or OpenLLMetry's."""

import json
import sys

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

which, endpoint, model_url, service = sys.argv[1:]
if which == "openinference":
    from openinference.instrumentation.openai import OpenAIInstrumentor
else:
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

provider = TracerProvider(resource=Resource.create({"service.name": service}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
OpenAIInstrumentor().instrument(tracer_provider=provider)

import openai  # noqa: E402 - after the instrumentation, as its users do

client = openai.OpenAI(base_url=model_url, api_key="sk-test", max_retries=0)
question = [{"role": "user", "content": "When does my parcel come?"}]
with provider.get_tracer("shop").start_as_current_span("shop.ask") as root:
    client.chat.completions.create(model="gpt-5-mini", messages=question)
    for _ in client.chat.completions.create(
        model="gpt-5-mini", messages=question, stream=True, stream_options={"include_usage": True}
    ):
        pass
    client.embeddings.create(model="text-embedding-3-small", input=["red shoes"])
    try:
        client.chat.completions.create(model="missing", messages=question)
    except openai.NotFoundError:
        root.set_attribute("fallback", "none")

provider.shutdown()
context = root.get_span_context()
print(json.dumps({"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}))
