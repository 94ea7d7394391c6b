-- Finds the first and the last moment of the ledger: the period of an audit that was not told one.
SELECT least(
           (SELECT pg_catalog.min(r.created_at) FROM {refunds} AS r WHERE r.created_at > '-infinity'),
           (SELECT pg_catalog.min(v.created_at) FROM {reversals} AS v WHERE v.created_at > '-infinity')
       ) AS first,
       greatest(
           (SELECT pg_catalog.max(r.created_at) FROM {refunds} AS r WHERE r.created_at < 'infinity'),
           (SELECT pg_catalog.max(v.created_at) FROM {reversals} AS v WHERE v.created_at < 'infinity')
       ) AS last
