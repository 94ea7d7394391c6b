-- Finds a run by its id, with the moment by which its refunds are found.
SELECT run.as_of
FROM {runs} AS run
WHERE run.run_id = %(run_id)s::text::uuid
