-- Computes what the mapping owes for some sessions with the columns of [sessions.reversed] set, as before the app's
-- refund.
SELECT s.{key}::text AS session_id,
       ({amount})::numeric::text AS amount
{include tried_rows}
