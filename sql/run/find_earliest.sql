-- Finds when the earliest of some sessions started.
SELECT pg_catalog.min(least(v.started_at::timestamptz, %(as_of)s::timestamptz)) AS started_at
{include live_reading}
WHERE {include live_in_scope}
