-- The llm.gateway.* metrics, derived inside the engine from the gateway's spans; the SELECTs are files of these names.
-- In two steps, since an insert pays for working a view's SELECT out before its first row: 14 ms for this one, which
-- inserts without spans of a gateway do not pay as nothing comes to its table. Rows of before are not derived.

CREATE TABLE gateway_exchanges
(
    start_time DateTime64(9, 'UTC'),
    service LowCardinality(String),
    env LowCardinality(String),
    route LowCardinality(String),
    model LowCardinality(String),
    provider LowCardinality(String),
    status LowCardinality(String),
    cache LowCardinality(String),
    attempts UInt16,
    error_type LowCardinality(String),
    told Map(LowCardinality(String), String)
)
ENGINE = Null
;
CREATE MATERIALIZED VIEW gateway_exchanges_to_metrics TO metrics AS
{gateway_metrics:gateway_exchanges}
;
CREATE MATERIALIZED VIEW spans_to_gateway_exchanges TO gateway_exchanges AS
{gateway_exchanges:derive}
