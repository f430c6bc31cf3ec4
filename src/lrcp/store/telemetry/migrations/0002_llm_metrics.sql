-- The llm.* metrics, derived inside the engine from the rows that traces are shown from; the SELECT is llm_metrics.sql.
-- One view a source table: each more view costs every insert. A row whose `derive` is false was counted before.

CREATE MATERIALIZED VIEW spans_to_metrics TO metrics AS
{llm_metrics:derive}
