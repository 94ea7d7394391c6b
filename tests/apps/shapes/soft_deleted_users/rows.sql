INSERT INTO accounts_user SELECT account, 'user' || account, account < 6, CASE account WHEN 6 THEN now() END,
    300 - sum(charge) FILTER (WHERE kind <> 'refunded'), now() FROM planned GROUP BY 1;
INSERT INTO studio_clip
SELECT id, account, CASE WHEN state = 'waiting' THEN 'queued' WHEN state = 'running' THEN 'working' WHEN state = 'succeeded'
    THEN 'ready' WHEN number % 3 = 0 THEN 'timed_out' ELSE 'failed' END, charge, kind = 'refunded', started,
    coalesce(ended, started)
FROM planned;
