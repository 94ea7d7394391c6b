-- lock charges: what is owed is read from rows that several sessions share, and there is no account to lock: who else
-- refunds sessions of these accounts waits for its turn, and sees what this batch wrote. In one order, and bounded by
-- the batch's own patience.
SELECT l.name
FROM {locks} AS l
WHERE l.name = ANY (ARRAY(
    SELECT {include charges_lock}
    FROM pg_catalog.unnest(%(account_ids)s::text[]) AS v (account_id)
))
ORDER BY l.name
FOR NO KEY UPDATE
