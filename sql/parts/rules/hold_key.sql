-- The key of a hold. It is a digest because the longest ids that the app can index would not fit into our index beside
-- an attempt.
pg_catalog.hashtextextended(pg_catalog.concat(
    pg_catalog.length((v.session_id)::text), ' ', v.session_id::text, ' ', coalesce((v.attempt)::text, ' ')
), 0)
