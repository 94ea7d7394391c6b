-- The same for work that also ends in another way, such as by being canceled.
CASE WHEN {failed} THEN 'failed' WHEN {ended} THEN 'ended' WHEN {done} THEN 'done' ELSE 'open' END
