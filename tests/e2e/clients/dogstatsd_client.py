"""The `datadog` package's DogStatsD client: every kind of metric, an event and a service check; over UDP or a socket."""

import json
import sys

from datadog.dogstatsd import DogStatsd

name, target = sys.argv[1], sys.argv[2]
where = {"socket_path": target} if "/" in target else {"host": "127.0.0.1", "port": int(target)}
with DogStatsd(constant_tags=[f"suite:{name}"], disable_telemetry=True, **where) as statsd:
    for amount in (1, 2, 3):
        statsd.increment(f"{name}.orders", amount, tags=["shop:north"])
    statsd.gauge(f"{name}.stock", 7)
    statsd.gauge(f"{name}.stock", 5)
    for seconds in (0.1, 0.2, 0.3, 0.4, 0.5):
        statsd.distribution(f"{name}.checkout", seconds)
    statsd.histogram(f"{name}.basket", 12.5)
    for user in ("ann", "bob", "ann"):
        statsd.set(f"{name}.visitors", user)
    statsd.event("Shop opened", "The doors\nare open", alert_type="success", aggregation_key=name, tags=["shop:north"])
    statsd.service_check(f"{name}.up", DogStatsd.WARNING, message="slow", tags=["shop:north"])
    statsd.flush()
print(json.dumps({"sent": True}))
