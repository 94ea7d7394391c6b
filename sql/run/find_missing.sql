-- Until when runs paid whose refunds the ledger has not all: somebody deleted some, past the trigger that forbids it. Of the
-- runs that ended, those since the moment from which sessions are looked at; null when nothing is missing.
SELECT (
           SELECT run.as_of
           FROM {runs} AS run
           WHERE run.ended_at IS NOT NULL
             AND run.sessions > 0
             AND run.as_of >= %(since)s::timestamptz
             AND run.sessions > (
                 SELECT pg_catalog.count(*)
                 FROM {refunds} AS r
                 WHERE r.run_id = run.run_id AND r.created_at = run.as_of
             )
           ORDER BY run.as_of DESC
           LIMIT 1
       ) AS missing_until
