-- Refunds that runs paid under this file, whose session still exists, and whether the row that was written for each in
-- the app's ledger is gone. If so, what the app itself had refunded until then may be gone, too.
SELECT v.created_at,
       (
           SELECT true
           FROM {ledger} AS l
           WHERE {include in_app_ledger}
           LIMIT 1  -- one index probe for each, where EXISTS would read the whole ledger
       ) IS NULL AS gone
FROM {refunds} AS v
JOIN {runs} AS run ON run.run_id = v.run_id AND run.told ->> 'mapping'::text = {file_digest}
WHERE EXISTS (
      SELECT
      FROM {sessions} AS s
      WHERE {session_id} {session_eq} v.session_id
  )
