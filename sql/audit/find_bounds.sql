-- Finds the first and the last moment in the books: the default period of an audit. A run that paid counts even when
-- its refunds are gone.
SELECT least(
           (SELECT pg_catalog.min(r.created_at) FROM {refunds} AS r WHERE r.created_at > '-infinity'),
           (SELECT pg_catalog.min(v.created_at) FROM {reversals} AS v WHERE v.created_at > '-infinity'),
           (SELECT pg_catalog.min(run.as_of) FROM {runs} AS run WHERE run.sessions > 0)
       ) AS first,
       greatest(
           (SELECT pg_catalog.max(r.created_at) FROM {refunds} AS r WHERE r.created_at < 'infinity'),
           (SELECT pg_catalog.max(v.created_at) FROM {reversals} AS v WHERE v.created_at < 'infinity'),
           (SELECT pg_catalog.max(run.as_of) FROM {runs} AS run WHERE run.sessions > 0)
       ) AS last
