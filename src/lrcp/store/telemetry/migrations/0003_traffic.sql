-- Model traffic in periods of five minutes, for ranges of hours and days: at low traffic the 10-second sketches of
-- `metrics` are as many as the generations, and merging those of two days takes a second.
-- Filled beside the inserts (ingest/rollup.py), not by a view: a view on `metrics` made an insert of 4,000 spans a third
-- dearer. A period that is derived again replaces its rows: read it with FINAL.

CREATE TABLE traffic_5m
(
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    tags Array(LowCardinality(String)),
    requests Float64,
    errors Float64,
    input_tokens Float64,
    output_tokens Float64,
    cost_usd Float64,
    priced Float64,
    latency AggregateFunction(quantilesDD(0.005, 0.5, 0.75, 0.9, 0.95, 0.99), Float64),
    ttft AggregateFunction(quantilesDD(0.005, 0.5, 0.75, 0.9, 0.95, 0.99), Float64),
    derived_at DateTime('UTC')
)
ENGINE = ReplacingMergeTree(derived_at)
PARTITION BY toDate(time)
ORDER BY (time, tags)
TTL time + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60
