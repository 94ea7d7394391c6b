-- Closes what is stuck and, because there is a fence, touches what has failed: a transaction of the app with an older
-- snapshot, which would not see the refund, fails when it comes to the row.
sweeper_closed AS (
    UPDATE {sessions} AS s
    SET {status_column} = CASE WHEN {status} {status_eq} ANY ({running}) THEN {first_failed} ELSE s.{status_column} END{close_or_keep}
    WHERE {session_id} {session_eq} ANY (SELECT f.session_id FROM sweeper_fit AS f WHERE NOT f.rounds)
      AND (
          {status} {status_eq} ANY ({failed})
          OR {status} {status_eq} ANY ({running})
          AND {active_at}
              <= (%(stuck_before)s::timestamptz[])[pg_catalog.array_position({running}, {status})]
      )
      AND ({exclude}) IS NOT TRUE
    RETURNING {session_id} AS session_id, ({status} {status_eq} ANY ({revived})) IS NOT TRUE AS closed
),
sweeper_payable AS (
    SELECT f.*
    FROM sweeper_fit AS f
    WHERE f.session_id {session_eq} ANY (SELECT c.session_id FROM sweeper_closed AS c WHERE c.closed)
),
