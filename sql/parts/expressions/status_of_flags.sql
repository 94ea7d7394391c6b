-- The state of a session that has flags or times in place of a status.
CASE WHEN {failed} THEN 'failed' WHEN {done} THEN 'done' ELSE 'open' END
