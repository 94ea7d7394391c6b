-- What the last full sweep recorded of the app's own ledger, and whether it ran under this file.
(
    SELECT run.told -> 'seen'::text AS seen,
           run.as_of,
           run.told ->> 'mapping'::text = {file_digest} AS of_this_file
    FROM {runs} AS run
    WHERE run.told -> 'seen'::text IS NOT NULL
    ORDER BY run.started_at DESC
    LIMIT 1
)
