-- run_mismatch: what a closed run recorded of itself, and the refunds that carry its id, differ; or refunds carry
-- the id of a run that does not exist; or there is less of what the app's layers refunded than the run had counted. The
-- sample is the run.
-- To fix: `sweeper history RUN` shows both sides. A row that the run did not write was forged or copied: find who
-- can insert into the ledger, and take it back with `sweeper revert --session ID`. A row that is missing was deleted:
-- restore it from a backup, or record the refund with `sweeper adopt --session ID`; until then runs put on hold
-- what may have been refunded.
SELECT kept.run_id::text AS sample,
       pg_catalog.count(*) OVER () AS found
FROM (
    SELECT coalesce(run.run_id, written.run_id) AS run_id,
           coalesce(run.as_of, written.first_at) AS as_of,
           coalesce(run.sessions, 0) AS sessions,
           coalesce(run.credits, 0) AS credits,
           coalesce(written.sessions, 0) AS written_sessions,
           coalesce(written.credits, 0) AS written_credits
    FROM {if by_account}(SELECT run.* FROM {runs} AS run OFFSET 0){else}{runs}{end} AS run
    FULL JOIN (
        SELECT r.run_id,
               pg_catalog.min(r.created_at) AS first_at,
               pg_catalog.count(*) AS sessions,
               pg_catalog.sum(r.amount) AS credits
        FROM {refunds} AS r
        WHERE r.run_id IS NOT NULL
        GROUP BY r.run_id
    ) AS written ON written.run_id = run.run_id
    -- not of a run that is in progress or died, nor refunds older than the runs that are kept
    WHERE CASE WHEN run.run_id IS NOT NULL THEN run.ended_at IS NOT NULL
               ELSE written.first_at >= (SELECT pg_catalog.min(kept.as_of) FROM {runs} AS kept)
          END
    UNION ALL
    SELECT layers.run_id, layers.until, layers.sessions, layers.credits, layers.written_sessions, layers.written_credits
    FROM (
        {include layers_counted}
    ) AS layers
) AS kept
WHERE kept.as_of >= %(since)s::timestamptz
  AND kept.as_of < %(until)s::timestamptz
  AND (kept.written_sessions <> kept.sessions OR kept.written_credits <> kept.credits)
ORDER BY kept.as_of, kept.run_id
LIMIT 5
