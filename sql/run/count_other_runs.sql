-- Counts the other runs that may have refunded something meanwhile, for the caps: as long as both counts stay the same
-- and none is open, no other run has. A run of more than a day pays nothing, and one that died has no end. A server
-- that has taken over may lack runs and have others.
SELECT pg_catalog.count(*) AS runs,
       pg_catalog.count(*) FILTER (WHERE run.ended_at IS NULL) AS still_open,
       pg_catalog.pg_postmaster_start_time() AS server_start
FROM {runs} AS run
WHERE run.run_id <> %(run_id)s::uuid
  -- the same moment each time: none may drop out of the count as another comes in
  AND run.started_at > coalesce(
      (SELECT own.started_at - interval '25 hours' FROM {runs} AS own WHERE own.run_id = %(run_id)s::uuid),
      '-infinity'
  )
