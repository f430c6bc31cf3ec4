"""Metric expressions: `p95:llm.request.duration{env:prod} by {model}.rollup(max, 60) / 2`, and formulas over named queries."""
