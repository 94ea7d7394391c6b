-- Whether a session that is in no ledger is owed, or may be later.
v.session_id,
       v.started_at,
       CASE CASE
               {include verdict_of_unpaid}
           END
           WHEN 'owed' THEN CASE WHEN {include fits_budget} THEN 'owed' END
           WHEN 'in_grace' THEN 'unripe'
           WHEN 'not_stuck_yet' THEN 'unripe'
       END AS standing
