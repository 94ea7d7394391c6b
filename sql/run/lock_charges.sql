-- lock charges: what is owed is read from rows that several sessions share, so an account's lock is not enough.
-- Whatever else refunds such sessions waits for its turn, and sees what this batch wrote. Locks in one order, and waits
-- no longer than the batch may. Where one lock is for all accounts it is skipped while taken, because halving would not
-- help.
WITH wanted AS MATERIALIZED (
    SELECT {include charges_lock} AS name
    FROM pg_catalog.unnest(%(account_ids)s::text[]) AS v (account_id)
),
locked AS MATERIALIZED (
    SELECT l.name
    FROM {locks} AS l
    WHERE l.name = ANY (ARRAY(SELECT w.name FROM wanted AS w))
    ORDER BY l.name
    FOR NO KEY UPDATE{if shares_charges} SKIP LOCKED{end}
)
SELECT (SELECT pg_catalog.count(*) FROM locked) = (
    SELECT pg_catalog.count(*)
    FROM {locks} AS l
    WHERE l.name = ANY (ARRAY(SELECT w.name FROM wanted AS w))
) AS taken
