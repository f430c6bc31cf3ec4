-- Telemetry tables (DESIGN section 5). Statements are separated by a line that holds only ';'.
-- old_parts_lifetime: seconds that parts which were merged away are kept. At 30 inserts a second the default of eight
-- minutes keeps some 14,000 of them a table, files and metadata; the system has written the merged part to disk by then.
-- {retention_days} is filled in by the migrator. Every table that is written from requests has `payload`, which names
-- the request a row came in (0: none), and `ingested_at`; both serve to store a resent request once.

CREATE TABLE spans
(
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_id String CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ns Int64 CODEC(ZSTD(1)),
    name LowCardinality(String),
    service LowCardinality(String),
    resource LowCardinality(String),
    kind LowCardinality(String),
    status LowCardinality(String),
    error_type LowCardinality(String),
    error_message String CODEC(ZSTD(1)),
    env LowCardinality(String),
    version LowCardinality(String),
    ml_app LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    provider LowCardinality(String),
    model LowCardinality(String),
    response_model LowCardinality(String),
    input_tokens Nullable(Int64),
    output_tokens Nullable(Int64),
    cached_input_tokens Nullable(Int64),
    cache_write_tokens Nullable(Int64),
    reasoning_tokens Nullable(Int64),
    cost_nusd Nullable(Int64),
    cost_source LowCardinality(String),
    ttft_ns Nullable(Int64),
    finish_reason LowCardinality(String),
    prompt_version LowCardinality(String),
    route LowCardinality(String),
    cache LowCardinality(String),
    attempts UInt16,
    input String CODEC(ZSTD(1)),
    output String CODEC(ZSTD(1)),
    tags Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    source LowCardinality(String),
    awaits LowCardinality(String),
    derive Bool,
    payload UInt64 CODEC(ZSTD(1)),
    ingested_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_span span_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_input input TYPE text(tokenizer = 'splitByNonAlpha', preprocessor = lower(input)),
    INDEX by_output output TYPE text(tokenizer = 'splitByNonAlpha', preprocessor = lower(output)),
    INDEX by_ingested ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(start_time)
ORDER BY (start_time, trace_id)
TTL toDateTime(start_time) + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60, enable_block_number_column = 1, enable_block_offset_column = 1
;
CREATE TABLE evaluations
(
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    score Nullable(Float64),
    label LowCardinality(String),
    evaluator LowCardinality(String),
    evaluator_version LowCardinality(String),
    evidence String CODEC(ZSTD(1)),
    tags Map(LowCardinality(String), String),
    payload UInt64 CODEC(ZSTD(1)),
    ingested_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_span span_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_ingested ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (name, time)
TTL toDateTime(time) + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60
;
-- origin: '' for what was sent, 'spans' for what is derived from them.
CREATE TABLE metrics
(
    metric LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    tags Array(LowCardinality(String)),
    type LowCardinality(String),
    count SimpleAggregateFunction(sum, Float64),
    sum SimpleAggregateFunction(sum, Float64),
    min SimpleAggregateFunction(min, Float64),
    max SimpleAggregateFunction(max, Float64),
    last_at SimpleAggregateFunction(max, Tuple(time_ns Int64, value Float64)),
    sketch AggregateFunction(quantilesDD(0.005, 0.5, 0.75, 0.9, 0.95, 0.99), Float64),
    members AggregateFunction(uniq, String),
    interval_s SimpleAggregateFunction(max, UInt32),
    unit SimpleAggregateFunction(anyLast, String),
    origin LowCardinality(String),
    last Float64 ALIAS last_at.value
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(time)
ORDER BY (metric, time, tags, type, origin)
TTL time + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60
;
-- What receivers write; it keeps nothing, the views below turn it into states.
CREATE TABLE metric_buckets
(
    metric LowCardinality(String),
    time DateTime('UTC'),
    tags Array(LowCardinality(String)),
    type LowCardinality(String),
    count Float64,
    sum Float64,
    min Float64,
    max Float64,
    last Float64,
    last_ns Int64,
    values Array(Float64),
    weights Array(UInt32),
    members Array(String),
    interval_s UInt32,
    unit String,
    payload UInt64
)
ENGINE = Null
;
CREATE MATERIALIZED VIEW metric_buckets_to_metrics TO metrics AS
SELECT
    metric, time, tags, type,
    sum(mb.count) AS count, sum(mb.sum) AS sum, min(mb.min) AS min, max(mb.max) AS max,
    max(tuple(last_ns, mb.last))::Tuple(time_ns Int64, value Float64) AS last_at,
    quantilesDDStateArray(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(
        if(empty(weights), values, arrayFlatten(arrayMap((v, w) -> arrayResize([v], w, v), values, weights)))) AS sketch,
    uniqStateArray(mb.members) AS members,
    max(mb.interval_s) AS interval_s,
    anyLast(mb.unit) AS unit,
    '' AS origin
FROM metric_buckets AS mb
GROUP BY metric, time, tags, type, origin
;
CREATE TABLE payloads
(
    payload UInt64,
    ingested_at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY ingested_at
TTL ingested_at + INTERVAL 1 DAY
;
CREATE MATERIALIZED VIEW metric_buckets_to_payloads TO payloads AS
SELECT DISTINCT payload FROM metric_buckets WHERE payload != 0
;
CREATE TABLE logs
(
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    service LowCardinality(String),
    status LowCardinality(String),
    message String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    env LowCardinality(String),
    host LowCardinality(String),
    source LowCardinality(String),
    tags Array(LowCardinality(String)),
    attributes String CODEC(ZSTD(1)),
    payload UInt64 CODEC(ZSTD(1)),
    ingested_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_message message TYPE text(tokenizer = 'splitByNonAlpha', preprocessor = lower(message)),
    INDEX by_ingested ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (service, time)
TTL toDateTime(time) + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60
;
CREATE TABLE events
(
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    id UInt64,
    title String,
    text String CODEC(ZSTD(1)),
    alert_type LowCardinality(String),
    priority LowCardinality(String),
    source LowCardinality(String),
    aggregation_key String,
    host LowCardinality(String),
    tags Array(LowCardinality(String)),
    payload UInt64 CODEC(ZSTD(1)),
    ingested_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_ingested ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (time, id)
TTL toDateTime(time) + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60
;
CREATE TABLE checks
(
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    check LowCardinality(String),
    status LowCardinality(String),
    host LowCardinality(String),
    message String,
    tags Array(LowCardinality(String)),
    payload UInt64 CODEC(ZSTD(1)),
    ingested_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_ingested ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (check, time)
TTL toDateTime(time) + INTERVAL {retention_days} DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60
