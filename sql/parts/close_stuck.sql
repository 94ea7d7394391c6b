-- Closes what is stuck. Its predicate is whole: it is right also when nobody has locked the rows.
sweeper_closed AS (
    UPDATE {sessions} AS s
    SET {status_column} = {first_failed}{close_assignments}
    WHERE {session_id} {session_eq} ANY (SELECT f.session_id FROM sweeper_fit AS f WHERE f.stuck AND NOT f.rounds)
      AND {status} {status_eq} ANY ({running})
      AND {active_at}
          <= (%(stuck_before)s::timestamptz[])[pg_catalog.array_position({running}, {status})]
      AND ({exclude}) IS NOT TRUE
    RETURNING {session_id} AS session_id, ({status} {status_eq} ANY ({revived})) IS NOT TRUE AS closed
),
sweeper_payable AS (
    SELECT f.*
    FROM sweeper_fit AS f
    WHERE NOT f.rounds
      AND (NOT f.stuck OR f.session_id {session_eq} ANY (SELECT c.session_id FROM sweeper_closed AS c WHERE c.closed))
),
