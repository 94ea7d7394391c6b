-- The key of a hold. A digest: the longest ids that the app's own index takes would not fit into ours beside an attempt.
pg_catalog.hashtextextended(pg_catalog.concat(
    pg_catalog.length((v.session_id)::text), ' ', v.session_id::text, ' ', coalesce((v.attempt)::text, ' ')
), 0)
