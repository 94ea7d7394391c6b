-- Finds sessions whose failure or last sign of life is in the future: they would not be refunded before that moment.
-- Reads only the newest failed and running sessions, from their index.
SELECT found.session_id::text AS sample,
       found.running
FROM (
    SELECT newest.*
    FROM (
        SELECT v.session_id,{if by_account}
               {include not_paid_yet} AS unpaid,{end}
               v.attempt,
               v.status {status_eq} ANY ({running}) AS running,
               {include owed_from} AS owed_from
        {include live_reading}
        WHERE {include is_live}
        ORDER BY v.started_at DESC
        LIMIT %(newest)s::bigint
    ) AS newest
    WHERE newest.owed_from > %(as_of)s::timestamptz{if deadlines}
      AND NOT newest.running  -- a deadline is expected to lie ahead{end}
    LIMIT 1000
) AS found
{if by_account}
WHERE found.unpaid
{else}
WHERE NOT EXISTS (
    SELECT
    FROM {refunds} AS r
    WHERE r.session_id {session_eq} found.session_id AND r.attempt {attempt_eq} found.attempt
)
{end}
ORDER BY found.session_id
