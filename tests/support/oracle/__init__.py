"""The oracle: what a metric expression comes to, computed again with loops over lists and dicts.

Written from DATADOG.md 3.7 and docs/monitors/evaluation.md, not from lrcp.query.compute, of which it shares no code and no
numpy; it is slow and plain, so that it can be read. The engine must agree with it.
"""
