"""The official anthropic client under ddtrace-run: a call and a streamed call."""

import json
import sys

import anthropic
from ddtrace import tracer

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="test", max_retries=0)
question = [{"role": "user", "content": "When does my parcel come?"}]

with tracer.trace("shop.ask") as root:
    client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=question)
    for _ in client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=question, stream=True):
        pass

print(json.dumps({"trace_id": f"{root.trace_id:032x}", "span_id": f"{root.span_id:016x}"}))
