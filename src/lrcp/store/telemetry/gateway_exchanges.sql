-- The gateway's spans of what it was asked, one each, of those that {condition} chooses; its tries, and calls that it makes of
-- its own accord (copies, embeddings for its cache), are not. `tags` are `told` here: `tags` will be those of the metric.

SELECT start_time, service, env, route, model, provider, status, cache, attempts, error_type, tags AS told
FROM spans
WHERE source = 'gateway' AND NOT (kind = 'client' AND startsWith(name, 'attempt '))
    AND NOT mapContains(spans.tags, 'shadow') AND NOT mapContains(spans.tags, 'gateway.purpose') AND ({condition})
