-- A session that is put on hold again keeps its first date if the hold is open, and gets a new one if it had ended.
ON CONFLICT ({if by_account}account_id, {end}hold_key) DO UPDATE
    SET {if by_account}{else}account_id = excluded.account_id,
        {end}why = excluded.why,
        sqlstate = excluded.sqlstate,
        message = excluded.message,
        constraint_name = excluded.constraint_name,
        first_seen = CASE WHEN h.ended_at IS NULL THEN h.first_seen ELSE excluded.first_seen END,
        run_id = CASE WHEN h.ended_at IS NULL THEN h.run_id ELSE excluded.run_id END,
        last_seen = excluded.last_seen,
        ended_at = NULL
