-- What each evaluation of each monitor found, so that a person can see why it did or did not fire. One row an evaluation
-- of a monitor; its groups are in the arrays, the worst first and at most 100 of them.

CREATE TABLE monitor_evaluations
(
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    monitor_id UInt64,
    state LowCardinality(String),
    took_us UInt32,
    group_count UInt32,
    note String CODEC(ZSTD(1)),
    groups Array(String) CODEC(ZSTD(1)),
    states Array(LowCardinality(String)) CODEC(ZSTD(1)),
    values Array(Nullable(Float64)) CODEC(ZSTD(1)),
    reasons Array(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (monitor_id, time)
TTL time + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60
