"""The official openai client under ddtrace-run: a call, a streamed call, embeddings, and a call that fails."""

import json
import sys

import openai
from ddtrace import tracer

client = openai.OpenAI(base_url=sys.argv[1], api_key="sk-test", max_retries=0)
question = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "When does my parcel come?"}]

with tracer.trace("shop.ask") as root:
    client.chat.completions.create(model="gpt-5-mini", messages=question, temperature=0.5)
    for _ in client.chat.completions.create(
        model="gpt-5-mini", messages=question, stream=True, stream_options={"include_usage": True}
    ):
        pass
    client.embeddings.create(model="text-embedding-3-small", input=["red shoes"])
    try:
        client.chat.completions.create(model="missing", messages=question)
    except openai.NotFoundError:
        root.set_tag("fallback", "none")

print(json.dumps({"trace_id": f"{root.trace_id:032x}", "span_id": f"{root.span_id:016x}"}))
