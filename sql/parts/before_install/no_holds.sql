-- Stands for the holds where nothing is installed yet, for a dry run: nothing is on hold.
(SELECT NULL::{session_type}{session_collate} AS session_id,
        NULL::text AS attempt,
        NULL::text AS why,
        NULL::text AS sqlstate,
        NULL::timestamptz AS first_seen,
        NULL::timestamptz AS last_seen,
        NULL::timestamptz AS ended_at
 WHERE false)
