"""The search syntax that logs, spans, LLM Observability, events and RUM share: `service:a -@http.status:[400 TO 499] "full text"`."""
