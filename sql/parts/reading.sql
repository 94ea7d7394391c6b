-- The session rows, s, and what the mapping reads of each, v. The app's expressions see s and nothing of ours:
-- a column of ours in their reach could be taken for one of the app's with the same name.
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT m.session_id,
           m.account_id,
           -- a person may pay again what was taken back: as an attempt of its own, so that it is once again
           CASE WHEN %(payable_again)s::boolean
               THEN m.attempt || (
                   SELECT CASE WHEN pg_catalog.count(*) > 0 THEN ' (again ' || pg_catalog.count(*) || ')' ELSE '' END
                   FROM {refunds} AS r
                   JOIN {reversals} AS reversal ON reversal.refund_id = r.refund_id
                   WHERE r.session_id = m.session_id
                     AND (r.attempt = m.attempt OR pg_catalog.starts_with(r.attempt, m.attempt || ' (again '))
               )
               ELSE m.attempt
           END AS attempt,
           m.status,
           m.started_at,
           m.active_at,
           m.failed_at,
           m.amount,
           m.excluded,
           m.error
    FROM (
        {include mapped}
    ) AS m
) AS v
