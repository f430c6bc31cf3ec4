-- The llm.* metrics (DESIGN section 6) of generations, as rows of `metrics`. {condition} says which spans.
-- A gateway's hop below a generation that its caller tells is not counted again; only it knows the time to first token.
-- The materialized view runs it on each insert, the repair after a crash on the rows that are there.

WITH
    arraySort(arrayFilter(t -> NOT endsWith(t, ':'), [
        concat('service:', service), concat('env:', env), concat('ml_app:', ml_app), concat('provider:', provider),
        concat('model:', model), concat('endpoint:', resource), concat('route:', route), concat('cache:', cache),
        concat('status:', status)])) AS base,
    -- (metric, type, unit, value, tags)
    arrayFilter(p -> isNotNull(p.4) AND (kind IN ('llm', 'embedding') OR p.1 = 'llm.request.ttft'), [
        ('llm.request.duration', 'distribution', 'second', toNullable(duration_ns / 1e9), base),
        ('llm.request.count', 'count', 'request', toNullable(1.), base),
        ('llm.request.error.count', 'count', 'request', if(status = 'error', 1., NULL), base),
        ('llm.request.ttft', 'distribution', 'second', ttft_ns / 1e9, base),
        ('llm.tokens.input', 'count', 'token', toFloat64(input_tokens), base),
        ('llm.tokens.output', 'count', 'token', toFloat64(output_tokens), base),
        ('llm.tokens.cached', 'count', 'token', toFloat64(cached_input_tokens), base),
        ('llm.tokens.reasoning', 'count', 'token', toFloat64(reasoning_tokens), base),
        ('llm.cost.usd', 'count', 'dollar', cost_nusd / 1e9, arraySort(arrayPushBack(base, concat('cost_source:', cost_source)))),
        ('llm.response.length_chars', 'distribution', 'character', if(output = '', NULL, toFloat64(lengthUTF8(output))), base)
    ]) AS points
SELECT
    p.1 AS metric,
    toDateTime(intDiv(toUnixTimestamp(toDateTime(start_time)), 10) * 10, 'UTC') AS time,
    p.5 AS tags,
    p.2 AS type,
    toFloat64(count()) AS count,
    sum(assumeNotNull(p.4)) AS sum,
    min(assumeNotNull(p.4)) AS min,
    max(assumeNotNull(p.4)) AS max,
    max(tuple(toUnixTimestamp64Nano(start_time), assumeNotNull(p.4)))::Tuple(time_ns Int64, value Float64) AS last_at,
    quantilesDDStateArray(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(
        if(p.2 = 'distribution', [assumeNotNull(p.4)], []::Array(Float64))) AS sketch,
    uniqStateArray([]::Array(String)) AS members,
    toUInt32(10) AS interval_s,
    anyLast(p.3) AS unit,
    'spans' AS origin
FROM spans
ARRAY JOIN points AS p
WHERE (kind IN ('llm', 'embedding') OR (source = 'gateway' AND ttft_ns IS NOT NULL)) AND ({condition})
GROUP BY metric, time, tags, type, origin
