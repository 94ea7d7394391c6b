-- Finds a run by its id, with the moment by which its refunds are found, and whether it has not ended and may pay on.
SELECT run.as_of,
       run.ended_at IS NULL AS open
FROM {runs} AS run
WHERE run.run_id = %(run_id)s::text::uuid
