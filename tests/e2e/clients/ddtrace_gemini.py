"""The official google-genai client under ddtrace-run: a call and a streamed call."""

import json
import sys

from ddtrace import tracer
from google import genai

client = genai.Client(api_key="test", http_options={"base_url": sys.argv[1]})

with tracer.trace("shop.ask") as root:
    client.models.generate_content(model="gemini-2.5-flash", contents="When does my parcel come?")
    for _ in client.models.generate_content_stream(model="gemini-2.5-flash", contents="And the other one?"):
        pass

print(json.dumps({"trace_id": f"{root.trace_id:032x}", "span_id": f"{root.span_id:016x}"}))
