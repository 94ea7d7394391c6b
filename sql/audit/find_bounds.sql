-- Finds the first and the last moment of the ledger: the period of an audit that was not told one.
SELECT least(
           (SELECT min(r.created_at) FROM {refunds} AS r WHERE r.created_at > '-infinity'),
           (SELECT min(v.created_at) FROM {reversals} AS v WHERE v.created_at > '-infinity')
       ) AS first,
       greatest(
           (SELECT max(r.created_at) FROM {refunds} AS r WHERE r.created_at < 'infinity'),
           (SELECT max(v.created_at) FROM {reversals} AS v WHERE v.created_at < 'infinity')
       ) AS last
