-- lock charges: what is owed is read from rows that several sessions share, and no lock of an account is enough: who else
-- refunds such sessions waits for its turn, and sees what this batch wrote. In one order, and bounded by the batch's own
-- patience. Where one lock is for all accounts and somebody has it, it is not taken, and no halving would help.
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
