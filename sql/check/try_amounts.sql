-- What the mapping owes for some sessions once they are as [sessions.reversed] leaves them: as before the app's refund.
SELECT s.{key}::text AS session_id,
       ({amount})::numeric::text AS amount
{include tried_rows}
