-- The llm.gateway.* metrics (docs/store.md), as rows of `metrics`, of the rows that {exchanges} holds: gateway_exchanges.sql.
-- `told` are a span's tags; applications cannot put these, the gateway keeps their names for itself (measurement.py). An
-- error is the gateway's own where nothing was tried: providers use words such as `rate_limit_exceeded` too.

WITH
    arraySort(arrayFilter(t -> NOT endsWith(t, ':'), [
        concat('service:', service), concat('env:', env), concat('route:', route), concat('model:', model),
        concat('provider:', provider), concat('status:', status), concat('cache:', cache),
        concat('team:', told['team'])]))::Array(String) AS base,
    if(attempts = 0 AND status = 'error', error_type::String, '') AS refusal,
    cache IN ('exact', 'semantic') AS hit,
    arrayFilter((key, word) -> startsWith(key, 'guard_') AND word IN ('flagged', 'redacted', 'blocked', 'unchecked'),
        mapKeys(told)::Array(String), mapValues(told)) AS guards,
    if(told['faults'] = '', [], splitByChar(',', told['faults'])) AS faults,
    if(told['priority'] = '', 'normal', told['priority']) AS priority,
    -- (metric, type, unit, value, one more tag)
    arrayFilter(p -> isNotNull(p.4), arrayConcat(
        [
            ('llm.gateway.requests', 'count', 'request', toNullable(1.), ''),
            ('llm.gateway.overhead', 'distribution', 'second', toInt64OrNull(told['gateway.overhead_ns']) / 1e9, ''),
            ('llm.gateway.retries', 'count', 'attempt', toFloat64OrNull(told['retries']), ''),
            ('llm.gateway.fallbacks', 'count', 'request', if(told['fallback'] = '', NULL, 1.), concat('reason:', told['fallback'])),
            ('llm.gateway.hedges', 'count', 'request', if(told['hedged'] = '', NULL, 1.), concat('result:', told['hedged'])),
            ('llm.gateway.cache.hits', 'count', 'request', if(hit, 1., NULL), ''),
            ('llm.gateway.cache.saved_usd', 'count', 'dollar', if(hit, toInt64OrNull(told['cache.saved_nusd']) / 1e9, NULL), ''),
            ('llm.gateway.refused', 'count', 'request', if(refusal = '', NULL, 1.), concat('code:', refusal)),
            ('llm.gateway.limited', 'count', 'request', if(refusal = 'rate_limit_exceeded', 1., NULL), concat('limit:', told['limit'])),
            ('llm.gateway.budget.exceeded', 'count', 'request', if(refusal = 'budget_exceeded', 1., NULL), concat('budget:', told['budget'])),
            ('llm.gateway.shed', 'count', 'request', if(refusal = 'shed', 1., NULL), concat('priority:', priority))
        ],
        arrayMap(key -> (concat('llm.gateway.guard.', told[key]), 'count', 'request', toNullable(1.), concat('guard:', substring(key, 7))), guards),
        arrayMap(fault -> ('llm.gateway.faults', 'count', 'request', toNullable(1.), concat('fault:', fault)), faults)
    )) AS points
SELECT
    p.1 AS metric,
    toDateTime(intDiv(toUnixTimestamp(toDateTime(start_time)), 10) * 10, 'UTC') AS time,
    if(p.5 = '', base, arraySort(arrayPushBack(base, p.5))) AS tags,
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
FROM {exchanges} AS exchanges
ARRAY JOIN points AS p
GROUP BY metric, time, tags, type, origin
